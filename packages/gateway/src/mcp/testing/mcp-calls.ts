import { expect } from "vitest";
import { frameFaults } from "./frame-faults.ts";

export interface McpAnswer {
  status: number;
  headers: Headers;
  /** The answer's frame: the JSON body, or the last event. */
  frame: any;
  /** What came before it. */
  notifications: any[];
}

export interface McpOptions {
  key?: string | undefined;
  headers?: Record<string, string | undefined>;
  /** Of the client: modern requests declare them. */
  capabilities?: object;
  /** More members of `_meta`. */
  meta?: object;
  id?: unknown;
  /** A legacy revision; the modern era without one. */
  revision?: string;
  signal?: AbortSignal;
}

/** Takes events apart: one JSON each. */
export const eventsIn = (text: string): any[] =>
  text
    .split("\n\n")
    .filter((event) => event.startsWith("data: "))
    .map((event) => JSON.parse(event.slice("data: ".length)));

/** What a modern client sends. */
export function modernRequest(
  method: string,
  params: object = {},
  { capabilities = {}, meta = {}, id = 1 }: McpOptions = {},
) {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": capabilities,
    "io.modelcontextprotocol/clientInfo": { name: "test", version: "1" },
    ...meta,
  };
  const body = { jsonrpc: "2.0", id, method, params: { ...params, _meta } };
  const { name, taskId } = params as { name?: string; taskId?: string };
  const named = method === "tools/call" ? name : method.startsWith("tasks/") ? taskId : undefined;
  const headers: Record<string, string> = { "mcp-protocol-version": "2026-07-28", "mcp-method": method };
  if (named !== undefined) headers["mcp-name"] = named;
  return { body, headers };
}

/** Calls of an MCP client, each frame of whose answers is held against the official schemas. @param url of a gateway, once it is started */
export function mcpCalls(url: () => string) {
  const post = (path: string, body: unknown, headers: Record<string, string | undefined>, signal?: AbortSignal) =>
    fetch(url() + path, {
      method: "POST",
      headers: Object.fromEntries(
        Object.entries({
          "content-type": "application/json",
          accept: "application/json, text/event-stream",
          ...headers,
        }).filter(([, value]) => value !== undefined),
      ) as Record<string, string>,
      body: typeof body === "string" || body instanceof Uint8Array ? (body as any) : JSON.stringify(body),
      ...(signal && { signal }),
    });
  const call = async (
    path: string,
    method: string,
    params: object = {},
    options: McpOptions = {},
  ): Promise<McpAnswer> => {
    const { key, headers = {}, revision, meta, id = 1 } = options;
    const modern = modernRequest(method, params, options);
    const legacyParams = meta ? { ...params, _meta: meta } : params;
    const body = revision ? { jsonrpc: "2.0", id, method, params: legacyParams } : modern.body;
    const own: Record<string, string> = revision
      ? method === "initialize" || revision === "2025-03-26"
        ? {}
        : { "mcp-protocol-version": revision }
      : modern.headers;
    const auth = key === undefined ? {} : { authorization: `Bearer ${key}` };
    const response = await post(path, body, { ...own, ...auth, ...headers }, options.signal);
    return read(response, revision ?? "2026-07-28", method);
  };
  /** A body as it is, of either era. */
  const raw = async (path: string, body: unknown, headers: Record<string, string | undefined> = {}) => {
    const response = await post(path, body, headers);
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      frame: text === "" ? undefined : JSON.parse(text),
    };
  };
  return { call, raw, post };
}

export async function read(response: Response, revision: string, method: string): Promise<McpAnswer> {
  const text = await response.text();
  const isStream = response.headers.get("content-type") === "text/event-stream";
  const frames = isStream ? eventsIn(text) : [JSON.parse(text)];
  for (const frame of frames) expect(frameFaults(revision, method, frame), JSON.stringify(frame)).toBe("");
  return {
    status: response.status,
    headers: response.headers,
    frame: frames.at(-1),
    notifications: frames.slice(0, -1),
  };
}
