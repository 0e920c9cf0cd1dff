import { endOfString } from "../runtime/index.ts";

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

/** The same, and whether a name stands twice in this object: one look for both. */
export function countedMemberTexts(text: string): { members: Map<string, string>; isRepeated: boolean } | undefined {
  const members = new Map<string, string>();
  let count = 0;
  const isObject = readMembers(text, (name, value) => {
    members.set(name, value);
    count++;
  });
  return isObject ? { members, isRepeated: members.size < count } : undefined;
}

/** Whether a name stands twice in this JSON object; what it holds is not looked into. */
export function repeatsName(text: string): boolean {
  const names = new Set<string>();
  let count = 0;
  readMembers(text, (name) => names.add(name) && count++);
  return names.size < count;
}

// Every answer of an agent comes through here: codes are compared, for `text[at]` would make a string of each character.
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** @returns whether the text is an object */
function readMembers(text: string, take: (name: string, value: string) => void): boolean {
  let at = skipSpace(text, 0);
  if (text.charCodeAt(at) !== OPEN_BRACE) return false;
  at = skipSpace(text, at + 1);
  while (text.charCodeAt(at) === QUOTE) {
    const nameEnd = endOfString(text, at);
    const colon = skipSpace(text, nameEnd);
    if (text.charCodeAt(colon) !== COLON) return false;
    const start = skipSpace(text, colon + 1);
    const end = endOfValue(text, start);
    take(nameIn(text.slice(at, nameEnd)), text.slice(start, end).trimEnd());
    const comma = skipSpace(text, end);
    if (text.charCodeAt(comma) !== COMMA) return text.charCodeAt(comma) === CLOSE_BRACE;
    at = skipSpace(text, comma + 1);
  }
  return text.charCodeAt(at) === CLOSE_BRACE;
}

const PLAIN_NAME = /^"\w+"$/;

const nameIn = (quoted: string): string => (PLAIN_NAME.test(quoted) ? quoted.slice(1, -1) : JSON.parse(quoted));

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && text.charCodeAt(at) <= 32) at++;
  return at;
}

function endOfValue(text: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
      continue;
    }
    if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      if (depth === 0) return at;
      depth--;
    } else if (code === COMMA && depth === 0) return at;
    at++;
  }
  return at;
}
