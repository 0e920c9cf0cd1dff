import { parse } from "yaml";
import { OpenApiImportError } from "./import-error.ts";
import { escapeSegment } from "./json-pointer.ts";

/** Deeper than this no document is meant; all that reads it afterwards may follow it by recursion. */
const depthMax = 300;
/** Values of a document that its aliases make more than twice as large. Any other is bounded by its bytes alone. */
const aliasedValuesMax = 1_000_000;

/**
 * The values of a JSON or YAML text as a tree: aliases are written out, one that leads to its own parent becomes a `$ref`.
 *
 * @throws {@link OpenApiImportError} when it is neither, nested too deep, or grows too large by its aliases
 */
export function parseDocument(text: string, place: string): unknown {
  return asTree(parseText(text.replace(/^\ufeff/, ""), place), place);
}

function parseText(text: string, place: string): unknown {
  try {
    if (/^\s*[{[]/.test(text)) return JSON.parse(text);
  } catch {
    // YAML has flow collections that begin the same way.
  }
  try {
    // How far aliases may grow is counted below: a limit on their number would refuse honest documents.
    return parse(text, { maxAliasCount: -1, merge: true, logLevel: "error" });
  } catch (error) {
    throw new OpenApiImportError(
      `${place} is neither JSON nor YAML: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/**
 * A copy without objects that are shared: an alias that leads to its own parent becomes a `$ref`.
 *
 * @throws {@link OpenApiImportError} when it is nested too deep, or grows too large
 */
export function asTree(document: unknown, place: string): unknown {
  const { written, distinct } = countValues(document, place);
  if (written > 2 * distinct && written > aliasedValuesMax) {
    throw new OpenApiImportError(
      `${place} has ${distinct} values, and more than ${aliasedValuesMax} when its aliases are written out. Say them with $ref.`,
    );
  }
  const trail = new Map<object, string>();
  const copy = (value: unknown, pointer: string): unknown => {
    if (typeof value !== "object" || value === null) return value;
    const above = trail.get(value);
    if (above !== undefined) return { $ref: `#${above}` };
    trail.set(value, pointer);
    const copied = Array.isArray(value)
      ? value.map((entry, index) => copy(entry, `${pointer}/${index}`))
      : Object.fromEntries(
          Object.entries(value).map(([key, entry]) => [key, copy(entry, `${pointer}/${escapeSegment(key)}`)]),
        );
    trail.delete(value);
    return copied;
  };
  return copy(document, "");
}

/** How many values there are, and how many when each alias is written out; in time linear in the former. */
function countValues(document: unknown, place: string): { written: number; distinct: number } {
  const sizes = new Map<object, number>();
  const sizeOf = (value: unknown, depth: number): number => {
    if (typeof value !== "object" || value === null) return 1;
    if (depth > depthMax) throw new OpenApiImportError(`${place} is nested more than ${depthMax} levels deep.`);
    const known = sizes.get(value);
    if (known !== undefined) return known;
    sizes.set(value, 1); // one that contains itself
    let size = 1;
    for (const entry of Array.isArray(value) ? value : Object.values(value)) size += sizeOf(entry, depth + 1);
    sizes.set(value, size);
    return size;
  };
  const written = sizeOf(document, 0);
  let distinct = 1;
  for (const value of sizes.keys()) {
    const entries = Array.isArray(value) ? value : Object.values(value);
    distinct += entries.filter((entry) => typeof entry !== "object" || entry === null).length + 1;
  }
  return { written, distinct };
}
