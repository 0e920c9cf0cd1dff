import { afterEach, describe, expect, inject, test } from "vitest";
import { Listening } from "../../packages/gateway/src/events/testing/listen.ts";
import { createDatabase } from "../../packages/gateway/src/storage/testing/index.ts";
import { ADMIN_KEY, serveNode, startAgent, textTask } from "../../packages/gateway/src/testing/index.ts";

/** From the answer of a call on one node to its event on another, in milliseconds. */
const TOLD_MS = 2_000;
const CALLS = 2_000;
const PER_SECOND = 100;
/** Listeners come back so often while calls go on. */
const CUTS = 10;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

describe.skipIf(!inject("postgresUrl"))("calls on one of two nodes", () => {
  test("are told at the other within two seconds, also across cut connections and when a third is killed", async () => {
    const database = await createDatabase("postgres");
    cleanups.push(() => database.remove());
    const { databaseUrl, dataDirectory } = database.location;
    const serve = async () => {
      const node = await serveNode({
        DATABASE_URL: databaseUrl!,
        AGENTGATE_DATA_DIR: dataDirectory,
        AGENTGATE_API_KEY: ADMIN_KEY,
        AGENTGATE_SECRET_KEY: "0123456789abcdef0123",
        AGENTGATE_ALLOW_PRIVATE_NETWORKS: "1",
        AGENTGATE_RATE_LIMIT: "1000000",
        AGENTGATE_RATE_BURST: "1000000",
      });
      cleanups.push(() => node.child.kill("SIGKILL"));
      return node;
    };
    const [called, listened, doomed] = [await serve(), await serve(), await serve()];
    const agent = await startAgent();
    cleanups.push(() => agent.close());
    const headers = { authorization: `Bearer ${ADMIN_KEY}`, "content-type": "application/json" };
    const registered = await fetch(`${called.url}/agents/`, {
      ...{ method: "POST", headers, body: JSON.stringify({ name: "echo", url: agent.url }) },
    });
    const { id } = (await registered.json()) as { id: string };

    const answeredAt = new Map<string, number>();
    const callOnce = async (n: number) => {
      const body = JSON.stringify(textTask(`${n}`));
      const response = await fetch(`${called.url}/agents/${id}/task`, { method: "POST", headers, body });
      await response.text();
      answeredAt.set(response.headers.get("x-trace-id")!, performance.now());
    };
    const query = "topics=logs";
    const steady = await Listening.begin(listened, ADMIN_KEY, { query });
    const parts = [await Listening.begin(doomed, ADMIN_KEY, { query })];
    const calling = (async () => {
      const under: Promise<void>[] = [];
      for (let n = 0; n < CALLS; n++) {
        under.push(callOnce(n));
        await new Promise((resolve) => setTimeout(resolve, 1_000 / PER_SECOND));
      }
      await Promise.all(under);
    })();
    for (let cut = 0; cut < CUTS; cut++) {
      const { length } = steady.calls;
      await steady.until(() => steady.calls.length > length + CALLS / CUTS / 2);
      // Of one that was cut off, and of one whose node is gone: each goes on elsewhere.
      if (cut === CUTS / 2) doomed.child.kill("SIGKILL");
      else await parts.at(-1)!.cut();
      await parts.at(-1)!.until(() => parts.at(-1)!.isOver);
      const at = cut < CUTS / 2 ? doomed : listened;
      parts.push(await Listening.begin(at, ADMIN_KEY, { query, lastId: parts.at(-1)!.lastId }));
    }
    await calling;
    const told = () => parts.flatMap(({ calls }) => calls);
    await steady.until(() => steady.calls.length >= CALLS);
    await parts.at(-1)!.until(() => told().length >= CALLS);
    expect(told()).toEqual(steady.calls);
    const late = steady.events
      .filter(({ type }) => type === "log")
      .map(({ data, at }) => at - answeredAt.get(data.id.replaceAll("-", ""))!)
      .sort((a, b) => a - b);
    const of = (share: number) => Math.round(late[Math.min(late.length - 1, Math.floor(late.length * share))]!);
    console.table({ "from the answer to the event, ms": { p50: of(0.5), p99: of(0.99), longest: of(1) } });
    expect(late.at(-1)).toBeLessThanOrEqual(TOLD_MS);
    await Promise.all([steady.cut(), parts.at(-1)!.cut()]);
  });
});
