import type { Kysely } from "kysely";

/** What the log tells of each call beside what became of it. Rows of earlier versions do not know it. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const texts = ["entrance", "protocol", "context_id", "key_id", "transaction_id", "trace_id", "parent_id"];
  const numbers = [
    ...["http_status", "asked_us", "reserve_us", "agent_us", "first_byte_us", "event_count"],
    ...["request_bytes", "response_bytes", "price"],
  ];
  for (const name of texts) await db.schema.alterTable("call_log").addColumn(name, "text").execute();
  for (const name of numbers) await db.schema.alterTable("call_log").addColumn(name, "bigint").execute();
}
