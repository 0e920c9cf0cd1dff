import { isObject } from "@agentgate/site/codegen";
import { decodeSegment, escapeSegment, resolvePointer } from "./json-pointer.ts";
import { asTree } from "./parse-document.ts";

/** Fetches and parses another document. Rejecting leaves its references dangling, with the reason in the report. */
export type LoadDocument = (uri: string) => Promise<unknown>;

export interface Bundle {
  document: unknown;
  /** External documents that could not be read, and why. */
  problems: string[];
}

const documentsMax = 5000;
const loadedAtOnce = 8;

/**
 * Brings the documents that are referred to into one: each is kept once under `x-bundled`, and every reference of JSON Schema
 * 2020-12 (pointers, anchors, `$id`, relative to the nearest `$id`) becomes a pointer from the root, so that recursion
 * survives. A reference that leads nowhere stays as it is.
 *
 * @param document - is not changed
 * @param uri - where `document` came from, an absolute `file:` or `https:` URL; relative references are resolved against it
 */
export async function bundleDocument(document: unknown, uri: string, load: LoadDocument): Promise<Bundle> {
  const root = asTree(document, "The document");
  const survey = new Survey();
  const problems: string[] = [];
  const bundled: Record<string, unknown> = {};
  const asked = new Set<string>([withoutFragment(uri)]);
  survey.read(root, withoutFragment(uri), "");
  for (let wanted = survey.missing(asked); wanted.length > 0; wanted = survey.missing(asked)) {
    const next = wanted.slice(0, Math.min(loadedAtOnce, documentsMax - asked.size));
    if (next.length === 0) {
      problems.push(`more than ${documentsMax} documents are referred to; the rest is not read`);
      break;
    }
    for (const file of next) asked.add(file);
    const loaded = await Promise.allSettled(next.map(async (file) => asTree(await load(file), file)));
    for (const [index, outcome] of loaded.entries()) {
      const file = next[index]!;
      if (outcome.status === "rejected") {
        problems.push(`${file}: ${outcome.reason instanceof Error ? outcome.reason.message : String(outcome.reason)}`);
        continue;
      }
      const key = String(Object.keys(bundled).length + 1);
      bundled[key] = outcome.value;
      survey.read(outcome.value, file, `/x-bundled/${key}`);
    }
  }
  if (isObject(root) && Object.keys(bundled).length > 0) root["x-bundled"] = bundled;
  survey.link(root);
  return { document: root, problems };
}

/** The references of one document as pointers from its root. */
export function linkDocument(document: unknown): unknown {
  const root = asTree(document, "The document");
  const survey = new Survey();
  survey.read(root, "document:/", "");
  survey.link(root);
  return root;
}

interface Reference {
  readonly holder: Record<string, unknown>;
  readonly keyword: string;
  readonly text: string;
  readonly base: string;
}

/** Keys that hold values, not descriptions of them: a `$ref` in there is text. */
const values = new Set(["example", "examples", "default", "enum", "const"]);
/** Keys that hold names of somebody's choosing. */
const maps = new Set([
  ..."properties patternProperties dependentSchemas $defs definitions schemas parameters responses requestBodies headers".split(
    " ",
  ),
  ..."securitySchemes links callbacks pathItems mediaTypes paths webhooks content encoding variables x-bundled".split(
    " ",
  ),
]);
const identifying = ["$id", "$anchor", "$dynamicAnchor"];

/** What there is to refer to, and who refers. */
class Survey {
  readonly #references: Reference[] = [];
  /** Absolute URI → pointer of the document or schema that bears it. */
  readonly #resources = new Map<string, string>();
  /** Absolute URI with a plain-name fragment → pointer. */
  readonly #anchors = new Map<string, string>();
  /** Generators leave definitions deeper than their references say. */
  readonly #definitions = new Map<string, string>();
  readonly #identified: Record<string, unknown>[] = [];

  read(document: unknown, uri: string, pointer: string): void {
    this.#resources.set(uri, pointer);
    this.#walk(document, uri, pointer);
  }

  /** @param inside - of what the keys are names, or which OpenAPI says nothing about */
  #walk(value: unknown, base: string, pointer: string, inside?: "map" | "extension"): void {
    if (Array.isArray(value)) {
      const below = inside === "extension" ? inside : undefined;
      for (const [index, entry] of value.entries()) this.#walk(entry, base, `${pointer}/${index}`, below);
      return;
    }
    if (!isObject(value)) return;
    const own = inside === "map" ? base : this.#identify(value, base, pointer);
    for (const [key, entry] of Object.entries(value)) {
      const at = `${pointer}/${escapeSegment(key)}`;
      if ((key === "$ref" || key === "$dynamicRef") && typeof entry === "string") {
        // An extension may hold what is referred to, but files that it names (samples of code) are its own affair.
        if (inside !== "extension" || entry.startsWith("#"))
          this.#references.push({ holder: value, keyword: key, text: entry, base: own });
      } else if (inside === "map") {
        this.#walk(entry, own, at);
      } else if (!values.has(key)) {
        if ((key === "$defs" || key === "definitions") && isObject(entry)) this.#define(entry, at);
        const isExtension = inside === "extension" || (key.startsWith("x-") && key !== "x-bundled");
        this.#walk(entry, own, at, isExtension ? "extension" : maps.has(key) ? "map" : undefined);
      }
    }
  }

  #identify(value: Record<string, unknown>, base: string, pointer: string): string {
    const { $id } = value;
    let own = base;
    if (typeof $id === "string" && URL.canParse($id, base)) {
      own = withoutFragment(new URL($id, base).href);
      if (!this.#resources.has(own)) this.#resources.set(own, pointer);
    }
    for (const keyword of ["$anchor", "$dynamicAnchor"]) {
      const anchor = value[keyword];
      if (typeof anchor === "string" && !this.#anchors.has(`${own}#${anchor}`))
        this.#anchors.set(`${own}#${anchor}`, pointer);
    }
    if (identifying.some((keyword) => typeof value[keyword] === "string")) this.#identified.push(value);
    return own;
  }

  #define(definitions: Record<string, unknown>, pointer: string): void {
    for (const name of Object.keys(definitions)) {
      if (!this.#definitions.has(name)) this.#definitions.set(name, `${pointer}/${escapeSegment(name)}`);
    }
  }

  /** Documents that are referred to and were not asked for yet. */
  missing(asked: ReadonlySet<string>): string[] {
    const missing = new Set<string>();
    for (const { text, base } of this.#references) {
      if (text.startsWith("#") || !URL.canParse(text, base)) continue;
      const file = withoutFragment(new URL(text, base).href);
      if (!this.#resources.has(file) && !asked.has(file)) missing.add(file);
    }
    return [...missing];
  }

  /** Writes the references anew. What gave them their meaning before goes: it would mean something else from here. */
  link(root: unknown): void {
    for (const { holder, keyword, text, base } of this.#references) {
      const pointer = this.#pointerOf(text, base, root);
      if (pointer === undefined) continue;
      delete holder[keyword];
      holder.$ref = pointer;
    }
    for (const schema of this.#identified) for (const keyword of identifying) delete schema[keyword];
  }

  #pointerOf(text: string, base: string, root: unknown): string | undefined {
    if (!URL.canParse(text, base) && !text.startsWith("#")) return undefined;
    const hash = text.indexOf("#");
    const fragment = hash === -1 ? "" : text.slice(hash + 1);
    const file = text.startsWith("#") ? base : withoutFragment(new URL(text, base).href);
    const resource = this.#resources.get(file);
    if (resource === undefined) return undefined;
    if (fragment === "") return `#${resource}`;
    if (!fragment.startsWith("/")) {
      const anchor = this.#anchors.get(`${file}#${fragment}`);
      return anchor === undefined ? undefined : `#${anchor}`;
    }
    const pointer = `#${resource}${fragment}`;
    if (resolvePointer(root, pointer) !== undefined) return pointer;
    // Relative to the document instead of to the nearest `$id`, as most tools read it.
    const whole = `#${fragment}`;
    if (resource !== "" && resolvePointer(root, whole) !== undefined) return whole;
    const [, name] = /^\/(?:\$defs|definitions)\/([^/]+)$/.exec(fragment) ?? [];
    const found = name === undefined ? undefined : this.#definitions.get(decodeSegment(name));
    return found === undefined ? undefined : `#${found}`;
  }
}

const withoutFragment = (uri: string): string => uri.replace(/#.*$/s, "");
