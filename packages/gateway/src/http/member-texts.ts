import { endOfString } from "./end-of-string.ts";

/**
 * The members of a JSON object, each value as its own piece of the text: what nobody edits is passed on byte for byte. Of a repeated
 * name the last counts, as with `JSON.parse`.
 *
 * @param text a JSON document known, or later found, to be valid
 * @returns undefined when the document is no object
 */
export function memberTexts(text: string): Map<string, string> | undefined {
  const members = new Map<string, string>();
  return readMembers(text, (name, value) => members.set(name, value)) ? members : undefined;
}

/** Whether a name stands twice in this JSON object; what it holds is not looked into. */
export function repeatsName(text: string): boolean {
  const names = new Set<string>();
  let count = 0;
  readMembers(text, (name) => names.add(name) && count++);
  return names.size < count;
}

/** @returns whether the text is an object */
function readMembers(text: string, take: (name: string, value: string) => void): boolean {
  let at = skipSpace(text, 0);
  if (text[at] !== "{") return false;
  at = skipSpace(text, at + 1);
  while (text[at] === '"') {
    const nameEnd = endOfString(text, at);
    const colon = skipSpace(text, nameEnd);
    if (text[colon] !== ":") return false;
    const start = skipSpace(text, colon + 1);
    const end = endOfValue(text, start);
    take(JSON.parse(text.slice(at, nameEnd)), text.slice(start, end).trimEnd());
    const comma = skipSpace(text, end);
    if (text[comma] !== ",") return text[comma] === "}";
    at = skipSpace(text, comma + 1);
  }
  return text[at] === "}";
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) <= 32) at++;
  return at;
}

function endOfValue(text: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const char = text[at];
    if (char === '"') {
      at = endOfString(text, at);
      continue;
    }
    if (depth === 0 && (char === "," || char === "}" || char === "]")) return at;
    if (char === "{" || char === "[") depth++;
    else if (char === "}" || char === "]") depth--;
    at++;
  }
  return at;
}
