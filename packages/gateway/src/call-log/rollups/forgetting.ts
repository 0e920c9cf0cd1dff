import { sql } from "kysely";
import type { Kept } from "../../leases/index.ts";
import type { Storage } from "../../storage/index.ts";
import { DAY, HOUR, MINUTE } from "./rollup-rows.ts";
import { KEPT } from "./spans.ts";

type Table = "call_rollups" | "call_pairs";

const PAGE = 500;
const keys: Record<Table, string[]> = {
  call_rollups: ["scope", "step", "at"],
  call_pairs: ["agent_id", "step", "at", "payer_org_id", "error"],
};

/** What of the rollups is kept how long: minutes for two days, everything else for more than a year. */
export function keptRollups(storage: Storage): Kept[] {
  const of = (table: Table, step: bigint, seconds: number) => ({
    lease: `forgetting-${table}-${step}`,
    what: "old rollups",
    keptMs: seconds * 1000,
    forget: (beforeMs: number) => forget(storage, table, step, BigInt(Math.floor(beforeMs / 1000))),
  });
  return [
    { ...of("call_rollups", MINUTE, KEPT.minutes), pace: { everyMs: 900_000 } },
    of("call_rollups", HOUR, KEPT.hours),
    of("call_rollups", DAY, KEPT.days),
    of("call_pairs", HOUR, KEPT.pairHours),
    of("call_pairs", DAY, KEPT.days),
  ];
}

/** Forgets page by page, the oldest first, and yields when the oldest of a page began. */
async function* forget(
  storage: Storage,
  table: Table,
  step: bigint,
  before: bigint,
): AsyncIterable<number | undefined> {
  const { db } = storage;
  const columns = sql.join(keys[table].map((column) => sql.ref(column)));
  const oldest = sql<{ at: bigint | null }>`
    select at from ${sql.table(table)} where step = ${step} order by at limit 1`;
  for (;;) {
    const first = (await oldest.execute(db)).rows[0]?.at;
    yield first == null ? undefined : Number(first) * 1000;
    if (first == null || first >= before) return;
    await sql`
      delete from ${sql.table(table)} where (${columns}) in (
        select ${columns} from ${sql.table(table)} where step = ${step} and at < ${before} order by at limit ${sql.lit(PAGE)}
      )`.execute(db);
  }
}
