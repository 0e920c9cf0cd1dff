import { isObject } from "@agentgate/site/codegen";

/** One key of a JSON pointer (RFC 6901) in a URI fragment. */
export const escapeSegment = (key: string): string =>
  encodeURIComponent(key.toWellFormed().replaceAll("~", "~0").replaceAll("/", "~1"));

const hopsMax = 32;

/**
 * What a fragment `#/a/b` means inside `root`. A pointer may pass through an object that is a reference itself.
 *
 * @returns undefined when it leads nowhere
 */
export function resolvePointer(root: unknown, ref: string): unknown {
  if (!ref.startsWith("#/")) return undefined;
  let at = root;
  let hops = 0;
  const segments = ref.slice(2).split("/");
  for (let index = 0; index < segments.length; ) {
    const next = step(at, segments[index]!);
    if (next !== undefined) {
      at = next;
      index++;
    } else if (isObject(at) && typeof at.$ref === "string" && at.$ref.startsWith("#/") && ++hops <= hopsMax) {
      segments.splice(0, index, ...at.$ref.slice(2).split("/"));
      index = 0;
      at = root;
    } else return undefined;
  }
  return at;
}

function step(at: unknown, segment: string): unknown {
  const key = decodeSegment(segment);
  if (Array.isArray(at)) return /^(0|[1-9]\d*)$/.test(key) ? at[Number(key)] : undefined;
  if (!isObject(at)) return undefined;
  if (Object.hasOwn(at, key)) return at[key];
  return Object.hasOwn(at, segment) ? at[segment] : undefined;
}

/** The key that a segment of such a pointer means. */
export function decodeSegment(segment: string): string {
  let decoded = segment;
  try {
    decoded = decodeURIComponent(segment);
  } catch {
    // A key may hold a percent sign of its own.
  }
  return decoded.replaceAll("~1", "/").replaceAll("~0", "~");
}
