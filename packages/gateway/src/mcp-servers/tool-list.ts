import { paramHeadersIn } from "./param-headers.ts";
import type { ServerAnswer, UnderWay } from "./request.ts";
import { isObject, type JsonObject } from "./server-message.ts";

/** A tool as a server lists it: what is pinned of it, and nothing else. */
export interface ListedTool {
  name: string;
  title: string | undefined;
  description: string | undefined;
  inputSchema: JsonObject;
  outputSchema: JsonObject | undefined;
  annotations: JsonObject | undefined;
}

/** A tool that cannot be offered, and why: a sentence's end, after its name. */
export interface SkippedTool {
  name: string;
  reason: string;
}

export interface ToolList {
  tools: ListedTool[];
  /** The first hundred. */
  skipped: SkippedTool[];
  /** How long the server says that the list holds, in milliseconds; undefined where it says nothing. */
  ttlMs: number | undefined;
}

/** What is taken of one server. docs/bounds.md lists them. */
export const TOOL_BOUNDS = {
  tools: 512,
  /** Of all of them, as JSON. */
  bytes: 1_048_576,
  /** Of one. */
  toolBytes: 65_536,
  name: 128,
  title: 1_024,
  description: 16_384,
} as const;
/** Beyond, a list is read no further. */
const PAGES_MAX = 64;
const LISTED_MAX = 4_096;
const SKIPPED_MAX = 100;
/** Each is kept until the list is read, to know a circle by, and sent back. */
const CURSOR_LENGTH_MAX = 8_192;
export const LIST_PAGE_BYTES_MAX = 4 * 1_048_576;

export interface ToolListOptions {
  /** One page, from a cursor. */
  page(cursor: string | undefined): UnderWay<ServerAnswer>;
  /** The tools that are wanted; all where undefined. */
  include: readonly string[] | undefined;
  /** What is wrong with a schema, if anything is; see the room `json-schema`. */
  schemaFault(schema: unknown): string | undefined;
}

/**
 * Reads a server's list to its end, and judges each tool: one that cannot be offered safely is skipped, and the others are offered.
 * Rejects as {@link ToolListOptions.page} does.
 */
export async function readToolList({ page, include, schemaFault }: ToolListOptions): Promise<ToolList> {
  const wanted = include && new Set(include);
  const tools = new Map<string, ListedTool>();
  const skipped: SkippedTool[] = [];
  const cursors = new Set<string>();
  let ttlMs: number | undefined;
  let cursor: string | undefined;
  let listed = 0;
  let bytes = 0;
  const skip = (name: unknown, reason: string) => {
    if (skipped.length < SKIPPED_MAX) skipped.push({ name: shown(name), reason });
  };
  for (let pages = 0; pages < PAGES_MAX && listed < LISTED_MAX; pages++) {
    const { result } = await page(cursor).response;
    ttlMs ??= typeof result.ttlMs === "number" && result.ttlMs >= 0 ? result.ttlMs : undefined;
    for (const given of (Array.isArray(result.tools) ? result.tools : []).slice(0, LISTED_MAX - listed)) {
      listed++;
      const name = isObject(given) ? given.name : undefined;
      if (wanted && !wanted.has(name as string)) continue;
      const judged = judge(given, schemaFault);
      if (typeof judged === "string") skip(name, judged);
      else if (tools.has(judged.name)) skip(name, "is listed twice");
      else if (tools.size >= TOOL_BOUNDS.tools)
        skip(name, `is beyond the ${TOOL_BOUNDS.tools} tools that one agent may have`);
      else {
        const size = Buffer.byteLength(JSON.stringify(judged));
        if (bytes + size > TOOL_BOUNDS.bytes)
          skip(name, `is beyond the ${TOOL_BOUNDS.bytes} bytes that one agent's tools may have`);
        else {
          bytes += size;
          tools.set(judged.name, judged);
        }
      }
    }
    cursor = typeof result.nextCursor === "string" && result.nextCursor !== "" ? result.nextCursor : undefined;
    // A server that goes in a circle has told everything.
    if (cursor === undefined || cursor.length > CURSOR_LENGTH_MAX || cursors.has(cursor)) break;
    cursors.add(cursor);
  }
  for (const name of wanted ?? []) {
    if (!tools.has(name) && !skipped.some((one) => one.name === name)) skip(name, "is not listed by the server");
  }
  return { tools: [...tools.values()], skipped, ttlMs };
}

/** The tool, or why it cannot be offered. */
function judge(given: unknown, schemaFault: ToolListOptions["schemaFault"]): ListedTool | string {
  if (!isObject(given)) return "is no object";
  const { name, title, description, inputSchema, outputSchema, annotations } = given;
  if (typeof name !== "string" || name === "" || name.length > TOOL_BOUNDS.name || !isCleanName(name)) {
    return `has no name of 1 to ${TOOL_BOUNDS.name} printable characters`;
  }
  if (!isTextOrNone(title, TOOL_BOUNDS.title))
    return `has a title that is no text of at most ${TOOL_BOUNDS.title} characters`;
  if (!isTextOrNone(description, TOOL_BOUNDS.description)) {
    return `has a description that is no text of at most ${TOOL_BOUNDS.description} characters`;
  }
  if (!isObject(inputSchema) || inputSchema.type !== "object") return "has no input schema whose type is object";
  if (outputSchema !== undefined && outputSchema !== null && !isObject(outputSchema))
    return "has an output schema that is none";
  if (annotations !== undefined && annotations !== null && !isObject(annotations))
    return "has annotations that are no object";
  const tool: ListedTool = {
    name,
    title: title ?? undefined,
    description: description ?? undefined,
    inputSchema,
    outputSchema: outputSchema ?? undefined,
    annotations: annotations ?? undefined,
  };
  if (Buffer.byteLength(JSON.stringify(tool)) > TOOL_BOUNDS.toolBytes)
    return `takes more than ${TOOL_BOUNDS.toolBytes} bytes`;
  const fault = schemaFault(inputSchema) ?? (tool.outputSchema && schemaFault(tool.outputSchema));
  if (fault !== undefined) return `has a schema that cannot be used: ${fault}`;
  const headers = paramHeadersIn(inputSchema);
  return typeof headers === "string" ? `has a schema that cannot be used: ${headers}` : tool;
}

/** No control characters, no halves of characters, nothing that is not seen or turns the text around. */
const isCleanName = (name: string): boolean =>
  name.isWellFormed() && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cn}\p{Co}]/u.test(name) && name.trim() === name;

const isTextOrNone = (value: unknown, lengthMax: number): value is string | null | undefined =>
  value === undefined || value === null || (typeof value === "string" && value.length <= lengthMax);

const shown = (name: unknown): string =>
  typeof name === "string"
    ? name
        .slice(0, TOOL_BOUNDS.name)
        .replaceAll(/[\p{Cc}\p{Cf}]/gu, "")
        .toWellFormed()
    : "";
