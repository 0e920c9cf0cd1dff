/** Names under which connections keep prepared statements: the first `max` texts get one, so that the server's memory is bounded. */
export class StatementNames {
  readonly #max: number;
  readonly #names = new Map<string, string>();

  constructor(max: number) {
    this.#max = max;
  }

  /** The text's name, the same each time; undefined when it is to be sent unprepared. */
  of(sql: string): string | undefined {
    let name = this.#names.get(sql);
    if (name === undefined && this.#names.size < this.#max) {
      name = `s${this.#names.size}`;
      this.#names.set(sql, name);
    }
    return name;
  }
}
