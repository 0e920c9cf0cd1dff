import { writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { verifyAudit } from "@agentgate/gateway";
import { temporaryDirectory } from "@agentgate/testing";
import { afterAll, expect, test } from "vitest";
import { runAgentgate } from "../testing/run-agentgate.ts";
import { serveGateway } from "../testing/served-gateway.ts";

const directory = temporaryDirectory("audit-command");
afterAll(() => directory.remove());

test("who changed what is listed, written out, and proved by the gateway, by the file and by the database", async () => {
  const data = `${directory.path}/data`;
  const gateway = await serveGateway({ data });
  for (const name of ["acme", "globex"]) {
    const made = await fetch(`${gateway.url}/orgs/`, {
      method: "POST",
      headers: { authorization: `Bearer ${gateway.adminKey}`, "content-type": "application/json" },
      body: JSON.stringify({ name }),
    });
    expect(made.status).toBe(201);
  }
  const listed = await gateway.json("audit", "list", "--action", "org.");
  expect(listed.map(({ action, target }: any) => [action, target.name])).toEqual([
    ["org.created", "globex"],
    ["org.created", "acme"],
  ]);
  const isLinked = async () => {
    const headers = { authorization: `Bearer ${gateway.adminKey}` };
    const { entries } = (await (await fetch(`${gateway.url}/audit`, { headers })).json()) as any;
    return entries.every(({ chain }: any) => chain);
  };
  await expect.poll(isLinked, { timeout: 60_000 }).toBe(true);
  const proved = await gateway.json("audit", "verify");
  expect(proved).toMatchObject({ ok: true, waiting: 0, problems: [] });
  const { stdout: lines } = await gateway.run(["audit", "export"]);
  await gateway.stop();

  const file = `${directory.path}/audit.ndjson`;
  writeFileSync(file, lines);
  expect(await verifyAudit({ file })).toEqual(proved);
  const head = `${proved.head.seq}:${proved.head.hash}`;
  writeFileSync(file, lines.replace('"acme"', '"akme"'));
  const changed = await runAgentgate(["audit", "verify", "--file", file]);
  expect([changed.exitCode, changed.stderr]).toEqual([1, expect.stringContaining("the row was changed, or its link")]);

  const offline = await runAgentgate(["audit", "verify", "--data", data, "--head", head]);
  expect([offline.exitCode, offline.stdout]).toEqual([0, expect.stringContaining("The audit log is intact")]);
  const database = new DatabaseSync(`${data}/agentgate.db`);
  database.exec(
    "drop trigger audit_log_unchanged; update audit_log set address = '192.0.2.1' where target_name = 'acme'",
  );
  database.close();
  const tampered = await runAgentgate(["audit", "verify", "--data", data]);
  expect([tampered.exitCode, tampered.stderr]).toEqual([1, expect.stringMatching(/link \d+: the row was changed/)]);
  await expect(verifyAudit({ file: `${directory.path}/none` })).rejects.toMatchObject({ code: "ENOENT" });
});
