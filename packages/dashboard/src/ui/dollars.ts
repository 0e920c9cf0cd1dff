const DECIMAL = /^\d{1,10}(?:\.\d{1,6})?$/;

/** The dollars that somebody has typed, exact to the millionth; undefined for what is no such amount. */
export function dollarsIn(text: string): number | undefined {
  const plain = text.trim().replace(/^\$/, "");
  return DECIMAL.test(plain) ? Number(plain) : undefined;
}
