/**
 * A number whose digits a double may not hold: 16 digits or more, point or not, an exponent, or minus zero. It is looked for where
 * numbers can stand, so that an id such as `3e7a…` is none; a string may still look like one, which costs time only.
 */
const FRAGILE_NUMBER = /(?:^|[[:,\s])(?:-0|-?(?:\d{16}|[\d.]{17}|[\d.]+[eE]))/;

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
const parseWithSource = JSON.parse as (text: string, reviver: Reviver) => unknown;

/** Whether `JSON.parse` surely keeps every number of this text as it was written. */
export const isExact = (text: string): boolean => !FRAGILE_NUMBER.test(text);

/** Parses JSON so that `JSON.stringify` writes every number for what it was: one that a double changes is kept as its text. */
export const parseExact = (text: string): unknown => (isExact(text) ? JSON.parse(text) : parseSpelled(text));

/** Parses JSON so that `JSON.stringify` spells every number as it was, `1.0` too. Slow: for what is rare. */
export const parseSpelled = (text: string): unknown =>
  parseWithSource(text, (_, part, { source }) =>
    typeof part === "number" && source !== undefined && source !== JSON.stringify(part) ? rawJSON(source) : part,
  );

/**
 * Serialises parsed JSON anew with every number as it was written: `12345678901234567890` and `1e400` arrive as sent.
 * The slow path runs only for texts that hold such numbers.
 *
 * @param text what `value` was parsed from
 * @param member serialises this member of the object instead of the whole
 */
export function reserialize(value: unknown, text: string, member?: string): string {
  const chosen = (whole: unknown) => (member === undefined ? whole : (whole as Record<string, unknown>)[member]);
  const plain = JSON.stringify(chosen(value));
  // A text that comes out as it went in, as compact JSON does, has kept its numbers too.
  if (plain === text || !FRAGILE_NUMBER.test(text)) return plain;
  const exact = parseWithSource(text, (_, part, { source }) =>
    typeof part === "number" ? rawJSON(source ?? `${part}`) : part,
  );
  return JSON.stringify(chosen(exact));
}
