/** Milliseconds from which on a statement is one that others should not wait for in numbers. */
const SLOW_MS = 5;
const TEXTS_MAX = 512;
/** How much of a statement's earlier time still counts after it was quick. */
const DECAY = 0.8;

/**
 * Which questions take long, by how long they took of late; one that was never asked may. Changes are none: what they take is the disk's
 * time, and whoever waits for it waits for all.
 */
export class SlowStatements {
  readonly #times = new Map<string, number>();

  isSlow(sql: string): boolean {
    const known = this.#times.get(sql);
    return known === undefined ? isQuestion(sql) : known > SLOW_MS;
  }

  took(sql: string, ms: number): void {
    if (!isQuestion(sql)) return;
    const before = this.#times.get(sql);
    if (before === undefined && this.#times.size >= TEXTS_MAX) this.#times.delete(this.#times.keys().next().value!);
    this.#times.set(sql, before === undefined ? ms : Math.max(ms, before * DECAY));
  }
}

const isQuestion = (sql: string): boolean => /^\s*(select|with)\b/i.test(sql);
