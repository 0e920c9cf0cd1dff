import { appendFile, mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { LoggedCall } from "../call-log/index.ts";
import { type Clock, type Micros, microsNow } from "../runtime/index.ts";
import { lineOf, writtenTime } from "./columns.ts";
import { loadDuckDB, ParquetWriter } from "./duckdb.ts";
import type { LogSink, SinkBatch } from "./sink.ts";
import { within } from "./within.ts";

/** Where finished files are put for good. */
export interface ParquetPlace {
  /** Where files are made before: on the same disk where that matters. */
  readonly workshop: string;
  /**
   * Puts the file there as a whole or not at all, never over another one. The file may be gone then.
   *
   * @param key with `/`, such as `day=2026-11-30/20261130T101500-3f2a9c1d-000001.parquet`
   */
  put(file: string, key: string, over: AbortSignal): Promise<void>;
  describe(error: unknown): string;
  close(): Promise<void>;
}

export interface ParquetSinkOptions {
  name: string;
  everyMs: number;
  place: ParquetPlace;
  /** Of this run of this node: names of files are never used twice. */
  node: string;
  clock: Clock;
  /** Rows of one file, for tests. */
  rowsMax?: number | undefined;
}

/** Some 10 MB of Parquet. */
const FILE_ROWS_MAX = 250_000;
const LINES_BYTES_MAX = 268_435_456;
/** UTC days in one batch: rows of weeks may wait when there are few. */
const DAYS_MAX = 32;
const WRITE_TIMEOUT_MS = 300_000;
const WORKSHOP = "agentgate-log-sink-";
/** What a node that died has left behind is removed then. */
const LEFT_BEHIND_MS = 86_400_000;

/**
 * Writes rows into Parquet files, of one UTC day each, as `day=2026-11-30/<time>-<node>-<number>.parquet`.
 *
 * @throws DuckDBMissingError
 */
export async function openParquetSink(options: ParquetSinkOptions): Promise<LogSink> {
  const { name, everyMs, place, clock, node, rowsMax = FILE_ROWS_MAX } = options;
  const writer = new ParquetWriter(await loadDuckDB());
  let files = 0;
  let workshop: Promise<string> | undefined;
  const openWorkshop = async (): Promise<string> => {
    workshop ??= makeWorkshop(place.workshop, clock);
    try {
      const directory = await workshop;
      // Whoever tidies up such places may have taken it away.
      await mkdir(directory, { recursive: true });
      return directory;
    } catch (error) {
      workshop = undefined;
      throw error;
    }
  };
  const nameFile = (exportedAt: Micros): string => {
    const time = new Date(Number(exportedAt / 1000n)).toISOString().slice(0, 19).replaceAll(/[-:]/g, "");
    return `${time}-${node.slice(0, 8)}-${`${++files}`.padStart(6, "0")}`;
  };
  return {
    name,
    everyMs,
    begin() {
      const exportedAt = microsNow(clock);
      return new ParquetBatch({ exportedAt, name: nameFile(exportedAt), rowsMax, writer, place, clock, openWorkshop });
    },
    describe: (error) => place.describe(error),
    async close() {
      const directory = await workshop?.catch(() => undefined);
      if (directory !== undefined) await rm(directory, { recursive: true, force: true }).catch(() => {});
      await place.close();
    },
  };
}

interface BatchOptions {
  exportedAt: Micros;
  name: string;
  rowsMax: number;
  writer: ParquetWriter;
  place: ParquetPlace;
  clock: Clock;
  openWorkshop(): Promise<string>;
}

class ParquetBatch implements SinkBatch {
  readonly #options: BatchOptions;
  /** Days whose rows are not placed yet. */
  readonly #days = new Set<string>();
  #rows = 0;
  #bytes = 0;
  #attempts = 0;

  constructor(options: BatchOptions) {
    this.#options = options;
  }

  get isFull(): boolean {
    return this.#rows >= this.#options.rowsMax || this.#bytes >= LINES_BYTES_MAX || this.#days.size >= DAYS_MAX;
  }

  async add(calls: readonly LoggedCall[]): Promise<void> {
    const directory = await this.#options.openWorkshop();
    for (const [day, ofDay] of Map.groupBy(calls, dayOf)) {
      const lines = Buffer.from(ofDay.map((call) => lineOf(call, this.#options.exportedAt)).join(""));
      await appendFile(join(directory, this.#linesOf(day)), lines);
      this.#days.add(day);
      this.#rows += ofDay.length;
      this.#bytes += lines.length;
    }
  }

  async deliver(over: AbortSignal): Promise<void> {
    const { writer, place, clock, name, openWorkshop } = this.#options;
    const directory = await openWorkshop();
    for (const day of [...this.#days].sort()) {
      const lines = join(directory, this.#linesOf(day));
      // One that was given up may be written for another moment.
      const file = join(directory, `${name}-${day}-${++this.#attempts}.parquet.part`);
      const write = (signal: AbortSignal) => writer.write(lines, file, directory, signal);
      await within({ clock, ms: WRITE_TIMEOUT_MS, over, what: "DuckDB" }, write);
      await place.put(file, `day=${day}/${name}.parquet`, over);
      this.#days.delete(day);
      await Promise.all([rm(lines, { force: true }), rm(file, { force: true })]);
    }
  }

  async discard(): Promise<void> {
    const directory = await this.#options.openWorkshop();
    for (const day of this.#days) await rm(join(directory, this.#linesOf(day)), { force: true });
    this.#days.clear();
  }

  #linesOf(day: string): string {
    return `${this.#options.name}-${day}.ndjson`;
  }
}

/** The UTC day of its file, by the time that is written of it. */
const dayOf = ({ createdAt }: LoggedCall): string => writtenTime(createdAt).slice(0, 10);

/** A place of its own for this node, once those are gone that nobody works in any more. */
async function makeWorkshop(parent: string, clock: Clock): Promise<string> {
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    if (!name.startsWith(WORKSHOP)) continue;
    const path = join(parent, name);
    const changed = await stat(path).catch(() => undefined);
    if (changed && clock.now() - changed.mtimeMs > LEFT_BEHIND_MS) await rm(path, { recursive: true, force: true });
  }
  return mkdtemp(join(parent, WORKSHOP));
}
