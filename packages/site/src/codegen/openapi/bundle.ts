import { isObject } from "../schema-reference.ts";

/** Fetches and parses another document. Rejecting leaves the reference out, with the reason in the report. */
export type LoadDocument = (uri: string) => Promise<unknown>;

export interface Bundle {
  document: unknown;
  /** External references that could not be followed, and why. */
  problems: string[];
}

const documentsMax = 200;

/**
 * Splices external `$ref`s into the document: each foreign document is kept once under `x-bundled` and every reference is
 * rewritten to point there. Local references stay as they are, so recursion survives.
 *
 * @param uri - where `document` came from, an absolute `file:` or `https:` URL; relative references are resolved against it
 */
export async function bundleDocument(document: unknown, uri: string, load: LoadDocument): Promise<Bundle> {
  const root = withoutFragment(uri);
  const problems = new Set<string>();
  const keys = new Map<string, string>([[root, ""]]);
  const bundled: Record<string, unknown> = {};
  const queue: { uri: string; document: unknown }[] = [];

  const rewrite = (value: unknown, base: string): unknown => {
    if (Array.isArray(value)) return value.map((entry) => rewrite(entry, base));
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => [
        key,
        key === "$ref" && typeof entry === "string" ? reference(entry, base) : rewrite(entry, base),
      ]),
    );
  };

  const reference = (ref: string, base: string): string => {
    const target = URL.canParse(ref, base) ? new URL(ref, base).href : undefined;
    if (target === undefined) return ref;
    const file = withoutFragment(target);
    const pointer = target.slice(file.length).replace(/^#/, "");
    let key = keys.get(file);
    if (key === undefined) {
      key = `/x-bundled/${keys.size}`;
      keys.set(file, key);
      queue.push({ uri: file, document: undefined });
    }
    return `#${key}${pointer}`;
  };

  const result = rewrite(document, root);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    if (keys.size > documentsMax) {
      problems.add(`${next.uri}: more than ${documentsMax} documents are referenced`);
      continue;
    }
    try {
      bundled[keys.get(next.uri)!.slice("/x-bundled/".length)] = rewrite(await load(next.uri), next.uri);
    } catch (error) {
      problems.add(`${next.uri}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return {
    document: isObject(result) && keys.size > 1 ? { ...result, "x-bundled": bundled } : result,
    problems: [...problems],
  };
}

function withoutFragment(uri: string): string {
  return uri.replace(/#.*$/s, "");
}
