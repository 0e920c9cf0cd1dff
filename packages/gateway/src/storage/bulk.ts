import type { Insertable } from "kysely";
import type { EngineName } from "./engine.ts";
import type { Database } from "./schema/index.ts";
import type { Statement } from "./statement.ts";

/**
 * Inserts any number of rows in few statements whose texts repeat, so that both engines keep them prepared. Made once per
 * table and column list; `suffix` may hold an `on conflict` clause. SQLite runs the statement of
 * one row for each: for one of many rows it keeps a copy of every page that changes, to be able to undo the statement alone.
 */
export class RowInsert<Table extends keyof Database> {
  readonly #engine: EngineName;
  readonly #columns: readonly (keyof Database[Table] & string)[];
  readonly #before: string;
  readonly #suffix: string;
  readonly #texts = new Map<number, string>();

  constructor(
    engine: EngineName,
    table: Table,
    columns: readonly (keyof Database[Table] & string)[],
    suffix: string = "",
  ) {
    this.#engine = engine;
    this.#columns = columns;
    this.#before = `insert into ${table} (${columns.map((column) => `"${column}"`).join(", ")}) values `;
    this.#suffix = suffix && ` ${suffix}`;
  }

  statements(rows: readonly Insertable<Database[Table]>[]): Statement[] {
    return this.filled(this.#parameters(rows));
  }

  /** The same with the rows' values one behind the other, each row's in the order of the columns. */
  filled(values: readonly unknown[]): Statement[] {
    const width = this.#columns.length;
    const rows = values.length / width;
    if (this.#engine === "sqlite") return rows ? [{ sql: this.#text(1), parameters: values, runs: rows }] : [];
    const statements: Statement[] = [];
    for (let start = 0; start < rows; ) {
      const count = chunkSizes.find((size) => size <= rows - start)!;
      const parameters = values.slice(start * width, (start + count) * width);
      statements.push({ sql: this.#text(count), parameters });
      start += count;
    }
    return statements;
  }

  #parameters(rows: readonly Insertable<Database[Table]>[]): unknown[] {
    const parameters: unknown[] = [];
    for (const row of rows) {
      for (const column of this.#columns) parameters.push((row as Record<string, unknown>)[column]);
    }
    return parameters;
  }

  #text(count: number): string {
    let text = this.#texts.get(count);
    if (text === undefined) {
      const width = this.#columns.length;
      const rows = Array.from({ length: count }, (_, row) => `(${placeholders(this.#engine, width, row * width)})`);
      text = this.#before + rows.join(", ") + this.#suffix;
      this.#texts.set(count, text);
    }
    return text;
  }
}

/**
 * Statements on the rows whose key is in a list of any length, likewise few and repeating. `before` ends where the list
 * begins: `new KeyedStatement(engine, "select * from t where id in", "order by id")`.
 */
export class KeyedStatement {
  readonly #engine: EngineName;
  readonly #before: string;
  readonly #after: string;
  readonly #texts = new Map<number, string>();

  constructor(engine: EngineName, before: string, after = "") {
    this.#engine = engine;
    this.#before = before;
    this.#after = after;
  }

  statements(keys: readonly string[]): Statement[] {
    const statements: Statement[] = [];
    for (let start = 0; start < keys.length; start += listSizes.at(-1)!) {
      const list = keys.slice(start, start + listSizes.at(-1)!);
      const size = listSizes.find((listSize) => listSize >= list.length)!;
      // A key said twice selects nothing twice.
      const padded = [...list, ...Array<string>(size - list.length).fill(list[0]!)];
      statements.push({ sql: this.#text(size), parameters: padded });
    }
    return statements;
  }

  #text(size: number): string {
    let text = this.#texts.get(size);
    if (text === undefined) {
      text = `${this.#before} (${placeholders(this.#engine, size)})${this.#after && ` ${this.#after}`}`;
      this.#texts.set(size, text);
    }
    return text;
  }
}

/** Largest first, 1 last. */
const chunkSizes = [64, 8, 1];
/** Smallest first. */
const listSizes = [1, 4, 16, 64, 256];

const placeholders = (engine: EngineName, count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => (engine === "postgres" ? `$${from + index + 1}` : "?")).join(", ");
