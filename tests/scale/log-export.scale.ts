import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { CallLogStore } from "../../packages/gateway/src/call-log/index.ts";
import { callEntry } from "../../packages/gateway/src/call-log/testing/index.ts";
import { silentLog, systemClock, systemRandom } from "../../packages/gateway/src/runtime/index.ts";
import { openStorage } from "../../packages/gateway/src/storage/index.ts";
import { createDatabase, testEngines } from "../../packages/gateway/src/storage/testing/index.ts";
import { ADMIN_KEY, type ServedNode, serveNode } from "../../packages/gateway/src/testing/index.ts";
import { testWebhooks } from "../../packages/gateway/src/webhooks/testing/index.ts";
import { GROWTH_MAX, SERVING, writtenOut } from "./written-out.ts";

/** Calls of five days, which are written out whole. */
const ROWS = Number(process.env.AGENTGATE_TEST_LOG_ROWS ?? 300_000);
const BATCH = 1_000;
const AGENTS = 20;
/** Agents whose calls are written out before anything is measured. */
const WARM_UP = 4;
const agentId = (at: number) => `7a0d0e5e-8a5e-4c39-9d52-0000000000${10 + at}`;

describe.each(testEngines())(`the log of ${ROWS} calls on %s`, (engine) => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  let node: ServedNode | undefined;
  beforeAll(async () => {
    database = await createDatabase(engine);
    const storage = await openStorage({ ...database.location, clock: systemClock, log: silentLog });
    const store = new CallLogStore(storage, testWebhooks(storage).announcer);
    const now = BigInt(Date.now()) * 1000n;
    const step = (5n * 86_000_000_000n) / BigInt(ROWS);
    for (let from = 0; from < ROWS; from += BATCH) {
      const calls = Array.from({ length: Math.min(BATCH, ROWS - from) }, (_, at) => {
        const n = from + at;
        return callEntry({
          ...{ id: systemRandom.uuid(), createdAt: now - BigInt(n) * step },
          ...{ agentName: `agent ${n % AGENTS}`, agentId: agentId(n % AGENTS) },
          ...{ latencyMicros: 1_000 + ((n * 7_919) % 900_000), traceId: n.toString(16).padStart(32, "0") },
        });
      });
      await store.write(calls);
    }
    await storage.close();
  });
  afterEach(async () => {
    node?.child.kill("SIGTERM");
    await node?.exited;
    node = undefined;
  });
  afterAll(() => database?.remove());

  test.each(["ndjson", "csv"])("is written out whole as %s while the process hardly grows", async (format) => {
    const { dataDirectory, databaseUrl } = database.location;
    node = await serveNode(
      {
        ...{ AGENTGATE_API_KEY: ADMIN_KEY, AGENTGATE_DATA_DIR: dataDirectory },
        ...(databaseUrl && { DATABASE_URL: databaseUrl }),
      },
      SERVING,
    );
    const path = `/logs?format=${format}`;
    const warmUp = Array.from({ length: WARM_UP }, (_, at) => `${path}&agent_id=${agentId(at)}`);
    const { lines, grown } = await writtenOut(`${engine}, ${format}`, { node, warmUp, path });
    expect(lines).toBe(ROWS + (format === "csv" ? 1 : 0));
    expect(grown).toBeLessThan(GROWTH_MAX);
  });
});
