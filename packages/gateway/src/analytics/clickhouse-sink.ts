import { Readable } from "node:stream";
import type { ClickHouseClient } from "@clickhouse/client";
import type { LoggedCall } from "../call-log/index.ts";
import type { Outbound } from "../outbound/index.ts";
import { type Clock, type Micros, microsNow } from "../runtime/index.ts";
import { bringUpToDate, insertInto } from "./clickhouse-table.ts";
import { lineOf } from "./columns.ts";
import type { LogSink, SinkBatch } from "./sink.ts";
import type { ClickHouseTarget } from "./targets.ts";
import { within } from "./within.ts";

export interface ClickHouseSinkOptions {
  target: ClickHouseTarget;
  outbound: Pick<Outbound, "operatorAgent">;
  clock: Clock;
  /** For one insert, in milliseconds. */
  timeoutMs?: number | undefined;
  /** Rows of one insert, for tests. */
  rowsMax?: number | undefined;
}

const TIMEOUT_MS = 60_000;
const BATCH_ROWS_MAX = 10_000;
const BATCH_BYTES_MAX = 8_388_608;

/** Writes rows into a ClickHouse table by HTTP. */
export async function openClickHouseSink(options: ClickHouseSinkOptions): Promise<LogSink> {
  const { target, outbound, clock, timeoutMs = TIMEOUT_MS, rowsMax = BATCH_ROWS_MAX } = options;
  // Its modules are loaded by whoever uses it.
  const { ClickHouseLogLevel, createClient } = await import("@clickhouse/client");
  const client = createClient({
    url: target.url,
    username: target.username,
    password: target.password,
    http_agent: outbound.operatorAgent(target.url.startsWith("https:") ? "https:" : "http:"),
    // It counts silence; the whole of an attempt is bounded by `within`.
    request_timeout: timeoutMs,
    compression: { request: true, response: false },
    application: "AgentGate",
    log: { level: ClickHouseLogLevel.OFF },
  });
  let isUpToDate = false;
  return {
    name: target.name,
    everyMs: target.everyMs,
    begin: () =>
      new ClickHouseBatch(microsNow(clock), rowsMax, (lines, over) =>
        within({ clock, ms: timeoutMs, over, what: "ClickHouse" }, async (signal) => {
          if (!isUpToDate) await bringUpToDate(client, target, signal);
          isUpToDate = true;
          try {
            await insert(client, insertInto(target), lines, signal);
          } catch (error) {
            // Somebody may have dropped it.
            isUpToDate = false;
            throw error;
          }
        }),
      ),
    describe: (error) => withoutSecret(messageOf(error), target.password),
    close: () => client.close(),
  };
}

async function insert(
  client: ClickHouseClient,
  query: string,
  lines: readonly Buffer[],
  over: AbortSignal,
): Promise<void> {
  const { stream, response_headers } = await client.exec({
    query,
    values: Readable.from(lines, { objectMode: false }),
    abort_signal: over,
    clickhouse_settings: {
      // The answer comes when all is written, and says whether it was.
      wait_end_of_query: 1,
      date_time_input_format: "best_effort",
      // A column that an operator dropped is not wanted.
      input_format_skip_unknown_fields: 1,
      // After weeks away a batch may have more days than ClickHouse lets in unasked.
      max_partitions_per_insert_block: "0",
    },
  });
  for await (const _ of stream);
  if (response_headers["x-clickhouse-query-id"] === undefined) {
    throw new Error("what answers at this address is no ClickHouse: the answer names no query");
  }
}

class ClickHouseBatch implements SinkBatch {
  readonly #exportedAt: Micros;
  readonly #rowsMax: number;
  readonly #insert: (lines: readonly Buffer[], over: AbortSignal) => Promise<void>;
  #lines: Buffer[] = [];
  #rows = 0;
  #bytes = 0;

  constructor(
    exportedAt: Micros,
    rowsMax: number,
    insert: (lines: readonly Buffer[], over: AbortSignal) => Promise<void>,
  ) {
    this.#exportedAt = exportedAt;
    this.#rowsMax = rowsMax;
    this.#insert = insert;
  }

  get isFull(): boolean {
    return this.#rows >= this.#rowsMax || this.#bytes >= BATCH_BYTES_MAX;
  }

  async add(calls: readonly LoggedCall[]): Promise<void> {
    const lines = Buffer.from(calls.map((call) => lineOf(call, this.#exportedAt)).join(""));
    this.#lines.push(lines);
    this.#rows += calls.length;
    this.#bytes += lines.length;
  }

  deliver(over: AbortSignal): Promise<void> {
    return this.#insert(this.#lines, over);
  }

  async discard(): Promise<void> {
    this.#lines = [];
  }
}

const messageOf = (error: unknown): string => {
  const { message, code } = Object(error) as { message?: string; code?: string };
  // Node's errors of several addresses have no message.
  return message || code || "it failed";
};

const withoutSecret = (text: string, secret: string): string =>
  secret === "" ? text : text.replaceAll(secret, "••••••••");
