import { randomUUID } from "node:crypto";
import { CallLogStore, SinkCursors } from "../../packages/gateway/src/call-log/index.ts";
import { DayPartitions } from "../../packages/gateway/src/call-log/keeping/day-partitions.ts";
import { keptCalls } from "../../packages/gateway/src/call-log/keeping/kept-calls.ts";
import { callEntry } from "../../packages/gateway/src/call-log/testing/index.ts";
import { silentLog, systemClock } from "../../packages/gateway/src/runtime/index.ts";
import type { ObservedStatement, Storage } from "../../packages/gateway/src/storage/index.ts";
import { testWebhooks } from "../../packages/gateway/src/webhooks/testing/index.ts";
import { quantile } from "./statistics.ts";

const DAY_MS = 86_400_000;
/** As the log writes them. */
const BATCH = 500;
const BATCHES = 20;

/** Milliseconds of statements, or of transactions that are one round trip. */
export interface Upkeep {
  p50: number;
  p99: number;
  /** The longest, which is how long others may have waited. */
  longest: number;
  statements: number;
}

/**
 * What one node at a time does with the log: it makes the next days' partitions, adds calls to the rollups and forgets the oldest day.
 *
 * @param watch has every statement told from then on, until what it returns is called
 */
export async function measureUpkeep(
  storage: Storage,
  startMs: number,
  days: number,
  watch: (onStatement: (statement: ObservedStatement) => void) => () => void,
): Promise<Map<string, Upkeep>> {
  const measured = async (work: () => Promise<unknown>): Promise<Upkeep> => {
    const times: number[] = [];
    const end = watch(({ ms }) => void times.push(ms));
    await work().finally(end);
    return {
      ...{ p50: quantile(times, 0.5), p99: quantile(times, 0.99), longest: Math.max(...times) },
      statements: times.length,
    };
  };
  const options = { storage, clock: systemClock, log: silentLog };
  const partitions = storage.engine === "postgres" ? new DayPartitions(options) : undefined;
  const found = new Map<string, Upkeep>();
  if (partitions) found.set("making the next days' partitions", await measured(() => partitions.ensure()));
  const store = new CallLogStore(storage, testWebhooks(storage).announcer);
  for (let batch = 0; batch < BATCHES; batch++) await store.write(callsOf(batch));
  const fold = async () => {
    while (await store.rollups.fold(BigInt(Math.floor(Date.now() / 1000))));
  };
  found.set("adding calls to the rollups", await measured(fold));
  const kept = keptCalls(storage, days * DAY_MS, partitions, new SinkCursors(storage, systemClock));
  const forget = async () => {
    for await (const _ of kept.forget(startMs + DAY_MS));
  };
  found.set("forgetting a day", await measured(forget));
  return found;
}

/** Of the last minutes, to many agents of many owners, some of them paid for. */
const callsOf = (batch: number) =>
  Array.from({ length: BATCH }, (_, n) => {
    const at = batch * BATCH + n;
    const id = (kind: number, one: number) => `0000000${kind}-0000-4000-8000-${`${one}`.padStart(12, "0")}`;
    return callEntry({
      ...{ id: randomUUID(), agentId: id(1, at % 200), orgId: id(2, at % 50), latencyMicros: (at * 37) % 90_000 },
      payerOrgId: at % 10 === 0 ? id(2, (at / 10) % 50) : null,
      createdAt: BigInt(Date.now() - 600_000 + at) * 1000n,
    });
  });
