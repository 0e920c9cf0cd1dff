import { isObject } from "../a2a/json.ts";

/** Headers of the Streamable HTTP transport, in lower case (SEP-2243). */
export const mcpHeaders = {
  version: "mcp-protocol-version",
  method: "mcp-method",
  name: "mcp-name",
  /** Of the legacy era, and ignored here. */
  session: "mcp-session-id",
} as const;

/** Before the name of a header that a property of a tool's arguments is sent in. */
export const PARAM_HEADER_PREFIX = "mcp-param-";

/** The member of `params` that `Mcp-Name` repeats, by method. */
const namedBy: Readonly<Record<string, string>> = {
  "tools/call": "name",
  "prompts/get": "name",
  "resources/read": "uri",
  "tasks/get": "taskId",
  "tasks/update": "taskId",
  "tasks/cancel": "taskId",
};

/** What `Mcp-Name` says of this request; undefined where there is nothing to say. */
export function nameOfRequest(method: string, params: unknown): string | undefined {
  const member = namedBy[method];
  const value = member !== undefined && isObject(params) ? params[member] : undefined;
  return typeof value === "string" ? value : undefined;
}

const CODED = /^=\?base64\?([A-Za-z0-9+/]*={0,2})\?=$/;
/** What a header's value can be as it is. */
const PLAIN = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/;

/** A value as it stands in a header: what is no visible ASCII, or would be read as coded, as `=?base64?…?=`. */
export function encodeHeaderValue(value: string): string {
  if (PLAIN.test(value) && !CODED.test(value)) return value;
  return `=?base64?${base64Of(new TextEncoder().encode(value))}?=`;
}

/** The value that a header's text stands for; undefined for one that is coded, and wrongly. */
export function decodeHeaderValue(text: string): string | undefined {
  const coded = CODED.exec(text)?.[1];
  if (coded === undefined) return text.startsWith("=?base64?") ? undefined : text;
  try {
    const bytes = Uint8Array.from(atob(coded), (character) => character.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

const base64Of = (bytes: Uint8Array): string => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
