import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { silentLog } from "../../runtime/index.ts";
import { openStorage, type Storage } from "../../storage/index.ts";
import { startTestGateway, type TestGateway } from "../../testing/index.ts";
import { testWebhooks } from "../../webhooks/testing/index.ts";
import { CallLogStore } from "../store.ts";
import { callEntry } from "../testing/index.ts";

/** More than sockets hold: who reads nothing has not got it all. */
const CALLS = 25_000;

let gate: TestGateway;
let storage: Storage;
let org: { id: string; key: string };
beforeAll(async () => {
  gate = await startTestGateway();
  org = await gate.createOrg("owner");
  storage = await openStorage({ ...gate.config, clock: gate.clock, log: silentLog });
  const store = new CallLogStore(storage, testWebhooks(storage).announcer);
  const now = BigInt(gate.clock.now()) * 1000n;
  const entries = Array.from({ length: CALLS }, (_, n) =>
    callEntry({
      id: `00000000-0000-4000-8000-${`${n}`.padStart(12, "0")}`,
      createdAt: now - BigInt(n) * 1_000n,
      ...{ orgId: org.id, taskId: "t".repeat(200), contextId: "c".repeat(200) },
    }),
  );
  for (let at = 0; at < CALLS; at += 500) await store.write(entries.slice(at, at + 500));
});
afterAll(async () => {
  await storage.close();
  await gate.close();
});

test("an export that is under way ends with its key", async () => {
  const given = { name: "reads", scopes: ["logs:read"] };
  const { id, key } = (await gate.call("POST", `/orgs/${org.id}/keys`, given, org.key)).body;
  const [answer] = (await once(
    get(`${gate.url}/logs?format=ndjson`, { headers: { authorization: `Bearer ${key}` } }),
    "response",
  )) as [IncomingMessage];
  expect(answer.statusCode).toBe(200);
  const end = Promise.race([
    once(answer, "error").then(([error]) => (error as NodeJS.ErrnoException).code),
    once(answer, "end").then(() => "whole"),
  ]);
  expect((await gate.call("DELETE", `/orgs/${org.id}/keys/${id}`, undefined, org.key)).status).toBe(204);
  // It ends on every node within a second.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  let text = "";
  answer.setEncoding("utf8").on("data", (some) => (text += some));
  expect(await end).toBe("ECONNRESET");
  expect(text.split("\n").length).toBeLessThan(CALLS);
});
