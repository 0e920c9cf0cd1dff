import { once } from "node:events";
import { createServer } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { AgentGateClient } from "@agentgate/client";
import { temporaryDirectory } from "@agentgate/testing";
import { afterAll, expect, test } from "vitest";
import { runAgentgate } from "../testing/run-agentgate.ts";
import { serveGateway } from "../testing/served-gateway.ts";
import { askUntilVerified } from "./ledger.ts";

const directory = temporaryDirectory("ledger-command");
afterAll(() => directory.remove());

test("the ledger is verified through the gateway and offline; a changed byte is found and its row named", async () => {
  const data = `${directory.path}/data`;
  const gateway = await serveGateway({ data });
  const org = await fetch(`${gateway.url}/orgs/`, {
    method: "POST",
    headers: { authorization: `Bearer ${gateway.adminKey}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "acme" }),
  }).then((response) => response.json() as Promise<{ id: string }>);
  for (const amount of ["1", "2", "3"]) await gateway.json("topup", org.id, amount);
  expect(await gateway.json("ledger", "verify")).toMatchObject({ ok: true, rows: 3, problems: [] });
  await gateway.stop();

  const offline = await runAgentgate(["ledger", "verify", "--data", data]);
  expect([offline.exitCode, offline.stdout]).toEqual([
    0,
    expect.stringMatching(/The ledger is intact\n[\s\S]*Rows +3/),
  ]);

  const database = new DatabaseSync(`${data}/agentgate.db`);
  database.exec('update ledger_journal set reference = \'{"x":"y"}\' where seq = 2');
  database.close();
  const tampered = await runAgentgate(["ledger", "verify", "--data", data]);
  expect(tampered.exitCode).toBe(1);
  expect(tampered.stdout).toMatch(/not intact/);
  expect(tampered.stderr).toMatch(/row 2:/);
  const json = await runAgentgate(["ledger", "verify", "--data", data, "--json"]);
  expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, problems: [{ row: 2 }] });
});

test("a directory without a database, and an unknown action, are told apart", async () => {
  const missing = await runAgentgate(["ledger", "verify", "--data", `${directory.path}/none`]);
  expect([missing.exitCode, missing.stderr]).toEqual([2, expect.stringContaining("There is no database in")]);
  const unknown = await runAgentgate(["ledger", "audit"]);
  expect([unknown.exitCode, unknown.stderr]).toEqual([2, expect.stringContaining("verify")]);
});

test("a gateway that takes long to verify is asked again; one that cannot be reached is not", async () => {
  const report = { ok: true, rows: 1, head: { seq: 1, hash: "x" }, accounts: 1, open_holds: 0, problems: [] };
  let asked = 0;
  const server = createServer((_, response) => {
    if (++asked === 3) response.setHeader("content-type", "application/json").end(JSON.stringify(report));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const client = new AgentGateClient({ baseUrl: `http://127.0.0.1:${port}`, apiKey: "key" });
  const said: string[] = [];
  const say = (text: string) => void said.push(text);
  expect(await askUntilVerified(client, { say, patienceMs: 300 })).toEqual(report);
  expect([asked, said.length]).toEqual([3, 2]);
  server.close();
  server.closeAllConnections();
  await expect(askUntilVerified(client, { say, patienceMs: 300 })).rejects.toMatchObject({ code: "unreachable" });
  expect(said).toHaveLength(2);
});
