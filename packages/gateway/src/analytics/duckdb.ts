import type { DuckDBInstance } from "@duckdb/node-api";
import { columns } from "./columns.ts";

type DuckDB = typeof import("@duckdb/node-api");

/** Kept small: it shares the process with calls, and a processor with them. What does not fit is put on disk. */
const MEMORY = "256MB";
const THREADS = "1";
/** Rows that a reader skips or reads together; as many are held while they are written. */
const ROW_GROUP_ROWS = 50_000;

/** DuckDB is no part of the gateway: whoever wants Parquet brings it. */
export class DuckDBMissingError extends Error {
  override readonly name = "DuckDBMissingError";
}

/** @throws DuckDBMissingError that says what to install */
export async function loadDuckDB(): Promise<DuckDB> {
  try {
    return await import("@duckdb/node-api");
  } catch (error) {
    throw new DuckDBMissingError(
      "AGENTGATE_LOG_SINK has a parquet: target, which needs the package @duckdb/node-api. " +
        "Install it beside the gateway: npm install @duckdb/node-api",
      { cause: error },
    );
  }
}

/** Makes Parquet of lines of JSON, in threads of DuckDB's own. */
export class ParquetWriter {
  readonly #duckdb: DuckDB;

  constructor(duckdb: DuckDB) {
    this.#duckdb = duckdb;
  }

  /**
   * @param lines a file with a row in each line, as `lineOf` writes it
   * @param file is written anew
   * @param directory for what does not fit into memory
   */
  async write(lines: string, file: string, directory: string, over: AbortSignal): Promise<void> {
    const instance = await this.#open(directory);
    try {
      const connection = await instance.connect();
      const interrupt = () => connection.interrupt();
      over.addEventListener("abort", interrupt);
      try {
        over.throwIfAborted();
        await connection.run(copyStatement(lines, file));
      } finally {
        over.removeEventListener("abort", interrupt);
        connection.closeSync();
      }
    } finally {
      instance.closeSync();
    }
  }

  #open(directory: string): Promise<DuckDBInstance> {
    return this.#duckdb.DuckDBInstance.create(":memory:", {
      memory_limit: MEMORY,
      threads: THREADS,
      temp_directory: directory,
      // Nothing is ever fetched.
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
    });
  }
}

function copyStatement(lines: string, file: string): string {
  const members = columns.map(({ name, parquet }) => `${quoted(name)}: ${quoted(parquet)}`);
  const names = columns.map(({ name }) => `"${name}"`);
  return `COPY (
    SELECT ${names.join(", ")}
    FROM read_json(${quoted(lines)}, format = 'newline_delimited', columns = {${members.join(", ")}})
  ) TO ${quoted(file)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP_ROWS})`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
