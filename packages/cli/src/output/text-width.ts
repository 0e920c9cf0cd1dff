import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
let widthOf: ((text: string) => number) | undefined;

/**
 * How many columns of a terminal a text takes. What knows that of emoji and other scripts takes longer to load than many a command to run, and
 * most text is neither.
 */
export function textWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  widthOf ??= require("string-width").default as (text: string) => number;
  return widthOf(text);
}
