import { endOfString } from "./end-of-string.ts";

/** What a JSON text would take to build, apart from its length. */
export interface JsonBounds {
  /** Deepest nesting of arrays and objects. */
  depth: number;
  /** Commas and opening brackets: between half and all of the arrays, objects and what stands in them. */
  elements: number;
}

const QUOTE = 34;
const COMMA = 44;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/**
 * Which bound a JSON text exceeds, found without building anything; undefined when none. Many small objects take a hundred times
 * their text in memory, and hold up everybody else while they are built.
 */
export function exceededBound(text: string, bounds: JsonBounds): keyof JsonBounds | undefined {
  return mayExceed(text, bounds) ? walk(text, bounds) : undefined;
}

function walk(text: string, bounds: JsonBounds): keyof JsonBounds | undefined {
  let depth = 0;
  let elements = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      i = endOfString(text, i) - 1;
    } else if (code === COMMA) {
      if (++elements > bounds.elements) return "elements";
    } else if ((code | 32) === OPEN_BRACE) {
      // "[" and "{" differ by one bit, as do "]" and "}"
      if (++depth > bounds.depth) return "depth";
      if (++elements > bounds.elements) return "elements";
    } else if ((code | 32) === CLOSE_BRACE) {
      depth--;
    }
  }
  return undefined;
}

/** Whether there are enough commas and opening brackets, inside strings or out; most texts are cleared by this alone. */
function mayExceed(text: string, { depth, elements }: JsonBounds): boolean {
  // Each of them is a character.
  const brackets = text.length > depth && countUpTo(text, "{", depth) + countUpTo(text, "[", depth) > depth;
  return brackets || (text.length > elements && elementsUpTo(text, elements) > elements);
}

function elementsUpTo(text: string, max: number): number {
  let left = max;
  for (const mark of [",", "{", "["]) {
    left -= countUpTo(text, mark, left);
    if (left < 0) break;
  }
  return max - left;
}

/** How often `mark` stands in the text; counting ends beyond `max`. */
function countUpTo(text: string, mark: string, max: number): number {
  let count = 0;
  for (let at = text.indexOf(mark); at !== -1 && count <= max; at = text.indexOf(mark, at + 1)) count++;
  return count;
}
