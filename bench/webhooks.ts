/**
 * What a free task costs more when its agent has a `webhook_url`: the outbox, in the batches that write log rows, and apart from it the
 * delivery. In one process, on the embedded database, by CPU time: garbage collector and database thread included.
 *
 *     node --conditions=agentgate-source bench/webhooks.ts [--postgres postgres://…]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type CallEntry, CallLogStore } from "../packages/gateway/src/call-log/index.ts";
import { callEntry } from "../packages/gateway/src/call-log/testing/index.ts";
import { createTimestamps, silentLog, systemClock, systemRandom } from "../packages/gateway/src/runtime/index.ts";
import { openStorage } from "../packages/gateway/src/storage/index.ts";
import { testWebhooks } from "../packages/gateway/src/webhooks/testing/index.ts";

const { values } = parseArgs({ options: { postgres: { type: "string" }, rounds: { type: "string", default: "60" } } });
const ROUNDS = Number(values.rounds);
const BATCH = 250;
const DELIVERED = 4_000;

const dataDirectory = mkdtempSync(join(tmpdir(), "agentgate-bench-"));
const storage = await openStorage({
  databaseUrl: values.postgres,
  dataDirectory,
  clock: systemClock,
  log: silentLog,
});
const receiver = spawn(process.execPath, [
  "-e",
  `const server = require("node:http").createServer((request, response) => { request.resume(); response.writeHead(204).end(); });
   server.listen(0, "127.0.0.1", () => console.log(server.address().port));`,
]);
const [port] = await once(receiver.stdout, "data");
const url = `http://127.0.0.1:${String(port).trim()}/hook`;
const webhooks = testWebhooks(storage);
const store = new CallLogStore(storage, webhooks.announcer);
const timestamps = createTimestamps(systemClock);

async function agent(name: string): Promise<string> {
  const id = systemRandom.uuid();
  const text = { name, description: "", url: "http://127.0.0.1:1", version: "1.0.0", version_key: "1", skills: "[]" };
  const search = { skills_text: "", tags: "[]", tags_text: "", search_text: name };
  const rest = { price_per_task: 0n, org_id: null, key_hash: null, deployed: 0n, timeout_ms: null };
  const row = {
    id,
    ...text,
    ...search,
    ...rest,
    webhook_url: null,
    created_at: timestamps(),
    updated_at: timestamps(),
  };
  await storage.db.insertInto("agents").values(row).execute();
  return id;
}
const plain = await agent("plain");
const hooked = await agent("hooked");
await storage.changes.transaction((trx, note) =>
  webhooks.agentHooks.set(trx, note, { agentId: hooked, orgId: null, url }),
);

const entry = (agentId: string): CallEntry =>
  callEntry({
    id: systemRandom.uuid(),
    requestId: systemRandom.uuid(),
    agentId,
    agentName: "an-agent-of-the-bench",
    callerIp: "192.0.2.1",
    caller: "from:192.0.2.1",
    taskId: "task-1",
    latencyMicros: 42_500,
    createdAt: timestamps(),
    hasWebhook: agentId === hooked,
  });

/** Microseconds of CPU for each of `many`. */
async function costOf(many: number, work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / many;
}
const write = (agentId: string) =>
  costOf(BATCH, () => store.write(Array.from({ length: BATCH }, () => entry(agentId))));

for (let round = 0; round < ROUNDS / 3; round++) for (const id of [plain, hooked]) await write(id);
const costs = { plain: [] as number[], hooked: [] as number[] };
for (let round = 0; round < ROUNDS; round++) {
  costs.plain.push(await write(plain));
  costs.hooked.push(await write(hooked));
}
const middle = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
const more = costs.hooked.map((cost, round) => cost - costs.plain[round]!);
const range = (numbers: number[]) => {
  const sorted = numbers.toSorted((a, b) => a - b);
  const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)]!.toFixed(1);
  return `${middle(numbers).toFixed(1)} [${at(0.1)}–${at(0.9)}]`;
};
console.log(
  `${storage.engine}: medians of ${ROUNDS} batches of ${BATCH} log rows, with the tenth and ninetieth percentiles`,
);
console.log(`a log row ${range(costs.plain)} µs; the outbox more ${range(more)} µs`);

const waiting = async () =>
  (await storage.db.selectFrom("webhook_deliveries").select("id").where("due_at", "is not", null).limit(1).execute())
    .length > 0;
// What is left of the above, but for so many, is nobody's business any more.
const some = storage.db.selectFrom("webhook_deliveries").select("id").orderBy("id", "desc").limit(DELIVERED);
await storage.db.updateTable("webhook_deliveries").set({ due_at: null }).where("id", "not in", some).execute();
const began = performance.now();
const each = await costOf(DELIVERED, async () => {
  webhooks.start();
  while (await waiting()) await new Promise((resolve) => setTimeout(resolve, 50));
});
const seconds = (performance.now() - began) / 1000;
console.log(
  `a delivery ${each.toFixed(0)} µs; ${Math.round(DELIVERED / seconds)} a second to one receiver of one owner`,
);
await webhooks.close();
await storage.close();
receiver.kill();
rmSync(dataDirectory, { recursive: true });
