const nameCharactersMax = 64;

/**
 * The name of a tool, for every host: letters, digits, `_` and `-`, at most 64 characters. What is longer keeps its
 * beginning and gets a digest of the whole.
 */
export function toolName(first: string, step?: string): string {
  const name = step === undefined ? first : `${first}__${step}`;
  if (name.length <= nameCharactersMax) return name;
  return `${name.slice(0, nameCharactersMax - 9)}_${fnv1a(name)}`;
}

/** FNV-1a, 32 bits, as 8 hex digits. */
function fnv1a(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}
