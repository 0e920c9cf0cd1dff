/**
 * What nobody sees and a model reads all the same: tags of Unicode, marks of direction and of no width, sequences that move a terminal.
 * Agents' words are shown to people and told to models side by side; both are to read the same.
 */
const UNSEEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ufe00-\ufe0f]|[\u{e0000}-\u{e0fff}]/gu;

/** Most texts: nothing in them can be unseen, and nothing has to be looked for. */
const PLAIN = /^[\t\n\x20-\x7e]*$/;

/** The text without what nobody sees. */
export const cleanText = (text: string): string => (PLAIN.test(text) ? text : text.toWellFormed().replace(UNSEEN, ""));

/** Whether there is anything to take out of it. */
export const isClean = (text: string): boolean => cleanText(text) === text;

/** At most so many characters, with a mark where it was longer. */
export const shortened = (text: string, lengthMax: number): string =>
  text.length <= lengthMax
    ? text
    : `${text
        .slice(0, lengthMax - 1)
        .toWellFormed()
        .replace(/\ufffd$/, "")}…`;

/** Members that are the protocol's between a server and the gateway, and nobody's further down. */
const HOP = new Set(["x-mcp-header"]);

/**
 * All texts of a JSON value without what nobody sees: descriptions, titles, values of enums. Undefined where a name holds some, for a
 * member cannot be called otherwise than its agent calls it.
 */
export function cleanJson(value: unknown): unknown {
  if (typeof value === "string") return cleanText(value);
  if (Array.isArray(value)) {
    const items = value.map(cleanJson);
    return items.includes(undefined) ? undefined : items;
  }
  if (typeof value !== "object" || value === null) return value;
  const made: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    if (HOP.has(name)) continue;
    if (!isClean(name)) return undefined;
    const cleaned = cleanJson(member);
    if (cleaned === undefined) return undefined;
    made[name] = cleaned;
  }
  return made;
}
