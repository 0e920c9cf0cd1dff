import { invalidParams } from "./errors.ts";
import type { JsonObject } from "./json.ts";

/** The members of an object that have rules. */
export interface RuledNames {
  exact: ReadonlySet<string>;
  /** By what is left of them without case, underscores and hyphens. */
  folded: ReadonlyMap<string, string>;
  /** Names, folded, that another version or binding has for the same things: they are left out. */
  foreign: ReadonlySet<string>;
}

/** What no reader's folding takes for another letter, and no reader in C for the end of a name. */
const PLAIN = /^[\x20-\x7e]+$/;
const WORD = /^[\w-]+$/;
/** To the end of the first word: some readers follow `message.taskId` or `message[taskId]` inward. */
const FIRST_WORD = /[A-Za-z0-9][\w-]*/;
const SHOWN_MAX = 64;

const fold = (name: string): string => name.replace(/[^A-Za-z0-9]+/g, "").toLowerCase();

export function ruledNames(
  list: readonly string[],
  { foreign = [] }: { foreign?: readonly string[] } = {},
): RuledNames {
  return {
    exact: new Set(list),
    folded: new Map(list.map((name) => [fold(name), name])),
    foreign: new Set(foreign.map(fold)),
  };
}

/**
 * The object with every ruled member under its JSON name; the same object when nothing had to change. What was judged under one
 * name must not reach an agent under another, and agents' readers take for a ruled name:
 * - its proto name (ProtoJSON), any case of it (encoding/json of Go, options of Jackson and System.Text.Json), underscores and hyphens
 *   in it or not (encoding/json/v2 of Go): such a member gets the ruled name;
 * - letters that fold into ASCII. Of all code points, Go's encoding/json takes U+017F (ſ) for s and U+212A (K) for k, v2 too (tried
 *   with go 1.26.8, each code point alone); others upper-case (ı), lower-case (İ), normalise (full-width letters), or drop what is not
 *   seen (zero-width characters). Nobody knows all readers, so a name of other than printable ASCII is refused, wherever it stands
 *   beside ruled ones;
 * - paths, as `message.taskId`, and names with white space or marks about them: refused.
 *
 * @throws A2AError InvalidParams
 */
export function underRuledNames(object: JsonObject, ruled: RuledNames): JsonObject {
  for (const name in object) {
    if (ruled.exact.has(name) || nameFor(name, ruled) === name) continue;
    const entries = Object.entries(object).flatMap(([other, value]): [string, unknown][] => {
      const name = nameFor(other, ruled);
      return name === undefined ? [] : [[name, value]];
    });
    return Object.fromEntries(entries);
  }
  return object;
}

/** Whether some reader could take a name that is not ruled for one that is. */
export function couldBe(name: string, { folded }: RuledNames): boolean {
  if (!PLAIN.test(name) || folded.has(fold(name))) return true;
  return !WORD.test(name) && folded.has(fold(FIRST_WORD.exec(name)?.[0] ?? ""));
}

/** The name that a member gets; undefined when it is left out. */
function nameFor(name: string, { exact, folded, foreign }: RuledNames): string | undefined {
  if (exact.has(name)) return name;
  if (!PLAIN.test(name)) throw refused(name, "names here are of printable ASCII characters");
  const whole = fold(name);
  if (foreign.has(whole)) return undefined;
  const ruled = folded.get(whole);
  if (WORD.test(name)) return ruled ?? name;
  const [first = ""] = FIRST_WORD.exec(name) ?? [];
  const meant = ruled ?? folded.get(fold(first));
  if (meant !== undefined) throw refused(name, `it could be read as "${meant}"`);
  return name;
}

function refused(name: string, why: string) {
  const shown = JSON.stringify(name.slice(0, SHOWN_MAX)).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return invalidParams(`The member ${shown} is not taken: ${why}. Members of your own belong in metadata`);
}
