const tag = /<\/?[a-zA-Z][^<>]{0,1000}>|<!--[\s\S]*?-->/g;
const blocks = /<\/?(?:p|br|li|ul|ol|div|tr|td|th|table|h[1-6]|pre|blockquote|hr)\b[^<>]{0,1000}>/gi;
const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
  hellip: "…",
  ndash: "–",
  mdash: "—",
};

/** A description without HTML, on one line, cut at a word to at most `lengthMax` characters. */
export function plainText(text: string, lengthMax: number): string {
  const plain = text
    .replace(/<(script|style)\b[^>]*>[\s\S]*?<\/\1>/gi, " ")
    .replace(blocks, " ")
    .replace(tag, "")
    .replace(/&(?:#(\d{1,6})|#x([0-9a-fA-F]{1,5})|(\w{2,8}));/g, (whole, decimal, hex, name) => {
      if (name !== undefined) return Object.hasOwn(entities, name) ? entities[name]! : whole;
      const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
      return code > 31 && code <= 0x10ffff ? String.fromCodePoint(code) : " ";
    })
    .replace(/[ \t\r\n\f]+/g, " ")
    .trim();
  if (plain.length <= lengthMax) return plain;
  const cut = plain.slice(0, lengthMax - 1);
  return `${cut.slice(0, Math.max(cut.lastIndexOf(" "), lengthMax - 80)).trimEnd()}…`;
}
