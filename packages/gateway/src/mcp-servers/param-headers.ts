import { headerValue } from "./header-value.ts";

/** An argument that a server wants to see in a header, too (SEP-2243). */
interface ParamHeader {
  path: readonly string[];
  name: string;
}

type Schema = Readonly<Record<string, unknown>>;

const MARK = "x-mcp-header";
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64}$/;
const TYPES = ["string", "integer", "boolean"];
/** A schema that wants more is no one's. */
const HEADERS_MAX = 32;

/**
 * The headers that a tool's schema asks for; a text where it asks for them in a way that makes the whole tool invalid: anywhere but on a
 * property that every call has in the same place, on what is no text, whole number or boolean, or under a name that is none or is taken.
 */
export function paramHeadersIn(schema: Schema): readonly ParamHeader[] | string {
  const found: ParamHeader[] = [];
  const taken = new Set<string>();
  const waiting: { node: unknown; path: readonly string[]; isReachable: boolean }[] = [
    { node: schema, path: [], isReachable: true },
  ];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { node, path, isReachable } = next;
    if (Array.isArray(node)) {
      for (const item of node) waiting.push({ node: item, path, isReachable: false });
      continue;
    }
    if (typeof node !== "object" || node === null) continue;
    const { properties, [MARK]: name, ...rest } = node as Schema;
    if (name !== undefined) {
      const fault = faultOf(node as Schema, name, path, isReachable, taken);
      if (fault !== undefined) return fault;
      found.push({ path, name: name as string });
      taken.add((name as string).toLowerCase());
    }
    for (const [key, child] of Object.entries(rest)) {
      // What is data and not a schema says nothing, whatever its members are called.
      if (!["const", "enum", "default", "examples"].includes(key))
        waiting.push({ node: child, path, isReachable: false });
    }
    if (typeof properties === "object" && properties !== null) {
      for (const [key, child] of Object.entries(properties))
        waiting.push({ node: child, path: [...path, key], isReachable });
    }
  }
  return found.length > HEADERS_MAX ? `it asks for more than ${HEADERS_MAX} headers` : found;
}

function faultOf(
  { type }: Schema,
  name: unknown,
  path: readonly string[],
  isReachable: boolean,
  taken: ReadonlySet<string>,
): string | undefined {
  if (!isReachable || path.length === 0) return `${MARK} stands where not every call has the argument`;
  if (typeof name !== "string" || !TOKEN.test(name)) return `${MARK} names no header`;
  if (!TYPES.includes(type as string)) return `${MARK} is for texts, whole numbers and booleans`;
  return taken.has(name.toLowerCase()) ? `two arguments want the header Mcp-Param-${name}` : undefined;
}

/** The headers of a call with these arguments. Of a schema that is invalid, none. */
export function paramHeaders(schema: Schema, given: unknown): Record<string, string> {
  const asked = paramHeadersIn(schema);
  if (typeof asked === "string") return {};
  const headers: Record<string, string> = {};
  for (const { path, name } of asked) {
    let value = given;
    for (const key of path) {
      value =
        typeof value === "object" && value !== null && Object.hasOwn(value, key) ? (value as Schema)[key] : undefined;
    }
    const text = textOf(value);
    if (text !== undefined) headers[`Mcp-Param-${name}`] = headerValue(text);
  }
  return headers;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === "string" || typeof value === "boolean") return `${value}`;
  return typeof value === "number" && (Number.isSafeInteger(value) || !Number.isInteger(value))
    ? `${value}`
    : undefined;
}

/** The schema as callers of the gateway see it: what a server wants in headers is the gateway's business. */
export function withoutHeaderMarks<T>(schema: T): T {
  if (!JSON.stringify(schema)?.includes(MARK)) return schema;
  return unmarked(schema) as T;
}

function unmarked(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(unmarked);
  if (typeof node !== "object" || node === null) return node;
  const kept = Object.entries(node).filter(([key, value]) => key !== MARK || typeof value !== "string");
  return Object.fromEntries(kept.map(([key, value]) => [key, unmarked(value)]));
}
