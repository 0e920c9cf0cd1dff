/** Something that is wrong with the books. */
export interface Problem {
  /** The journal row, when the problem is one's. */
  row?: bigint;
  account?: string;
  hold?: string;
  message: string;
}

const PROBLEMS_MAX = 100;
/** A text that was tampered with may be of any length. */
const CHARACTERS_MAX = 500;

/** The problems found, in that order, each once, and no more than can be read. */
export class Problems {
  readonly #found: Problem[];
  readonly #known: Set<string>;

  constructor(found: readonly Problem[] = []) {
    this.#found = [...found];
    this.#known = new Set(found.map(keyOf));
  }

  get list(): readonly Problem[] {
    return this.#found;
  }

  clear(): void {
    this.#found.length = 0;
    this.#known.clear();
  }

  add(problem: Problem): void {
    if (this.#found.length >= PROBLEMS_MAX) return;
    const cut = { ...problem };
    for (const name of ["account", "hold", "message"] as const) {
      if (cut[name] !== undefined) cut[name] = cut[name].slice(0, CHARACTERS_MAX);
    }
    const key = keyOf(cut);
    if (this.#known.has(key)) return;
    this.#known.add(key);
    this.#found.push(cut);
  }
}

const keyOf = ({ row, account, hold, message }: Problem): string =>
  JSON.stringify([row === undefined ? null : `${row}`, account, hold, message]);
