const PREFIX = "=?base64?";
const SUFFIX = "?=";

/** A text as the value of an MCP header (SEP-2243): as it is where HTTP can carry it, else as the base64 of its UTF-8. */
export function headerValue(text: string): string {
  const isPlain = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/.test(text);
  const isMarked = text.startsWith(PREFIX) && text.endsWith(SUFFIX);
  return isPlain && !isMarked ? text : `${PREFIX}${Buffer.from(text, "utf8").toString("base64")}${SUFFIX}`;
}
