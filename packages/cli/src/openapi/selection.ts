import { snakeCase } from "./intent-name.ts";

/** Which operations are meant: by operationId, intent name, `GET /pets/*` or `tag:pets`; `*` stands for anything. */
export interface SelectionOptions {
  /** Default: all. */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  /** New names by operationId or `"GET /path"`. */
  readonly rename?: Readonly<Record<string, string>>;
}

/** Chooses and names operations, and knows which of its patterns met none. */
export class Selection {
  readonly #include: readonly Pattern[];
  readonly #exclude: readonly Pattern[];
  readonly #rename: ReadonlyMap<string, string>;
  readonly #renamed = new Set<string>();

  constructor({ include = [], exclude = [], rename = {} }: SelectionOptions) {
    this.#include = include.map(toPattern);
    this.#exclude = exclude.map(toPattern);
    this.#rename = new Map(Object.entries(rename));
  }

  /** @param labels - everything the operation answers to */
  takes(labels: readonly unknown[]): boolean {
    const texts = labels.filter((label) => typeof label === "string");
    const matches = (patterns: readonly Pattern[]) => {
      const met = patterns.filter(({ expression }) => texts.some((text) => expression.test(text)));
      for (const pattern of met) pattern.isMet = true;
      return met.length > 0;
    };
    const isIncluded = matches(this.#include) || this.#include.length === 0;
    return !matches(this.#exclude) && isIncluded;
  }

  renamed(operationId: unknown, label: string): string | undefined {
    for (const key of [operationId, label]) {
      const name = typeof key === "string" ? this.#rename.get(key) : undefined;
      if (name === undefined) continue;
      this.#renamed.add(key as string);
      return snakeCase(name) || undefined;
    }
    return undefined;
  }

  /** What was asked for in vain, in sentences. */
  unmatched(): string[] {
    const vain = (option: string, patterns: readonly Pattern[]) =>
      patterns.filter(({ isMet }) => !isMet).map(({ text }) => `${option} "${text}" matches no operation`);
    const renames = [...this.#rename.keys()].filter((key) => !this.#renamed.has(key));
    return [
      ...vain("include", this.#include),
      ...vain("exclude", this.#exclude),
      ...renames.map((key) => `rename "${key}" matches no operation; it takes an operationId or "METHOD /path"`),
    ];
  }
}

interface Pattern {
  readonly text: string;
  readonly expression: RegExp;
  isMet: boolean;
}

const toPattern = (text: string): Pattern => ({
  text,
  isMet: false,
  expression: new RegExp(
    `^${text
      .split("*")
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*")}$`,
    "is",
  ),
});
