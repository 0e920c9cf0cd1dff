/** What spreadsheets take for a formula when a cell begins with it, also in its full width (OWASP, "CSV injection"). */
const FORMULA = /^[\s\p{Cf}]*[=+\-@＝＋－＠|%]|^[\t\r\n]/u;
const NUMBER = /^-?\d+(?:\.\d+)?$/;

/** A cell of CSV (RFC 4180). Text that a spreadsheet would run is preceded by an apostrophe, which makes it text. */
export function csvCell(value: string | number | bigint | boolean | null): string {
  if (value === null) return "";
  // V8 keeps the text of a number that it tells in a template for the next time, and so each of a long list for long: tens of megabytes.
  const text = typeof value === "number" ? JSON.stringify(value) : `${value}`;
  const inert = FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}

/** A line of cells. */
export const csvLine = (cells: readonly Parameters<typeof csvCell>[0][]): string =>
  `${cells.map(csvCell).join(",")}\r\n`;
