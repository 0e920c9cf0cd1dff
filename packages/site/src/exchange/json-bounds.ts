/** Deepest nesting of a body; the gateway's own bound. */
const depthMax = 64;
/** Commas and opening brackets of a body: each may take a hundred times its text in memory. */
const elementsMax = 100_000;

/** Which bound a JSON text exceeds, found without building anything. */
export function exceededBound(text: string, depth = depthMax): "depth" | "elements" | undefined {
  // Most texts have too few brackets to be deep and too few characters to have many elements.
  if (text.length <= elementsMax && hasAtMost(text, "[", "{", depth)) return undefined;
  let level = 0;
  let elements = 0;
  for (let i = 0; i < text.length; i++) {
    // "[" and "{" differ by one bit, as do "]" and "}".
    const code = text.charCodeAt(i) | 32;
    if (code === 34) {
      i = endOfString(text, i);
    } else if (code === 123) {
      if (++level > depth) return "depth";
      elements++;
    } else if (code === 125) level--;
    else if (code === 44) elements++;
    if (elements > elementsMax) return "elements";
  }
  return undefined;
}

/** The same for a value that a framework has built already; a circular one is too deep. */
export function exceededBy(value: unknown): "depth" | "elements" | undefined {
  let elements = 0;
  const walk = (one: unknown, left: number): "depth" | "elements" | undefined => {
    if (typeof one !== "object" || one === null) return undefined;
    if (left === 0) return "depth";
    const entries = Object.values(one);
    elements += 1 + entries.length;
    if (elements > elementsMax) return "elements";
    for (const entry of entries) {
      const found = walk(entry, left - 1);
      if (found) return found;
    }
    return undefined;
  };
  return walk(value, depthMax);
}

function hasAtMost(text: string, a: string, b: string, max: number): boolean {
  let left = max;
  for (const mark of [a, b]) {
    for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + 1)) if (--left < 0) return false;
  }
  return true;
}

/** Where the string that begins at `start` ends; the text's end when it does not. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text[before] === "\\") before--;
    if ((end - before) % 2 === 1) return end;
  }
  return text.length;
}
