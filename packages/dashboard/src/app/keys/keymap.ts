/** A key, or two one after the other, and what it does: `/`, `Escape`, `Ctrl K`, `g l`. */
export interface KeyBinding {
  keys: string;
  /** What it does, for the list of keys. */
  does: string;
  run(): void;
}

export type KeyScope = "page" | "everywhere";

/** How long the second key of two may take. */
const SECOND_KEY_MS = 1_500;

/** Keys that write nothing go on working where single letters are turned off, as do those that are held with another. */
const isCharacter = (keys: string): boolean => keys.split(" ").every((key) => key.length === 1);

interface Pressed {
  key: string;
  hasCommand: boolean;
  hasOther: boolean;
  atMs: number;
}

/** Which keys do what at the moment. What a page has bound goes before what is bound everywhere, and the last bound before others. */
export class Keymap {
  readonly #bound = new Map<object, { scope: KeyScope; bindings: readonly KeyBinding[] }>();
  #first: { key: string; atMs: number } | undefined;

  /** Returns what ends it. */
  bind(scope: KeyScope, bindings: readonly KeyBinding[]): () => void {
    const owner = {};
    this.#bound.set(owner, { scope, bindings });
    return () => void this.#bound.delete(owner);
  }

  /** What can be pressed, each key once. */
  list(scope: KeyScope): KeyBinding[] {
    const seen = new Set<string>();
    return this.#inOrder().flatMap(([of, binding]) => {
      if (seen.has(binding.keys)) return [];
      seen.add(binding.keys);
      return of === scope ? [binding] : [];
    });
  }

  /** What a key does now; undefined for one that does nothing, or begins something. */
  find({ key, hasCommand, hasOther, atMs }: Pressed, allowsCharacters: boolean): KeyBinding | undefined {
    const before = this.#first;
    this.#first = undefined;
    if (hasOther) return undefined;
    if (hasCommand) return this.#of(`Ctrl ${key.toUpperCase()}`);
    if (!allowsCharacters && isCharacter(key)) return undefined;
    const isSecond = before !== undefined && atMs - before.atMs <= SECOND_KEY_MS;
    const two = isSecond ? this.#of(`${before.key} ${key}`) : undefined;
    if (two) return two;
    if (this.#inOrder().some(([, { keys }]) => keys.startsWith(`${key} `))) this.#first = { key, atMs };
    return this.#of(key);
  }

  #of(keys: string): KeyBinding | undefined {
    return this.#inOrder().find(([, binding]) => binding.keys === keys)?.[1];
  }

  #inOrder(): [KeyScope, KeyBinding][] {
    const all = [...this.#bound.values()].reverse();
    const of = (scope: KeyScope) =>
      all.filter((one) => one.scope === scope).flatMap(({ bindings }) => bindings.map((one) => [scope, one] as const));
    return [...of("page"), ...of("everywhere")].map(([scope, binding]) => [scope, binding]);
  }
}
