const { isRawJSON } = JSON as unknown as { isRawJSON?: (value: unknown) => boolean };

/**
 * JSON Canonicalization Scheme (RFC 8785): members sorted by their UTF-16 code units, no white space, numbers and strings as
 * ECMAScript writes them, also one that `JSON.rawJSON` keeps as its text.
 */
export function canonicalJson(value: unknown): string {
  if (isRawJSON?.(value)) return canonicalJson(JSON.parse(JSON.stringify(value)));
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}
