import { META_PREFIX, microDollarsFromNumber } from "@agentgate/protocol";
import { isObject, type JsonObject } from "@agentgate/protocol/a2a";
import type { Problem } from "../../http/index.ts";
import { simplePartsOf } from "../../routing/index.ts";
import { cleanText, shortened } from "../tools/clean-text.ts";
import { dollars } from "../tools/tool.ts";
import type { Era } from "../wire/message.ts";

/** A `CallToolResult`, without what the era adds. */
export interface ToolResult {
  content: JsonObject[];
  structuredContent?: unknown;
  isError?: true;
  _meta?: JsonObject;
}

/** What an agent's answer says, whatever it speaks. */
export interface AgentAnswer {
  /** In 1.0's shape. */
  parts: JsonObject[];
  taskId: string | undefined;
  contextId: string | undefined;
  /** As A2A has them, `completed` where the agent keeps no tasks. */
  state: string;
  /** What was said with the state. */
  statusParts: JsonObject[];
  /** Of the task. */
  metadata: unknown;
}

/** @param answer an agent's JSON: a task in the simple shape, or whatever a plain agent says @param isTask it is one */
export function readAnswer(answer: unknown, isTask: boolean): AgentAnswer {
  if (!isTask || !isObject(answer)) {
    const said = { taskId: undefined, contextId: undefined, state: "completed", statusParts: [], metadata: undefined };
    return { parts: simplePartsOf(answer), ...said };
  }
  const { taskId, contextId, status, artifacts, metadata } = answer;
  const { state, message } = isObject(status) ? status : {};
  const hasArtifacts = Array.isArray(artifacts) && artifacts.length > 0;
  return {
    parts: hasArtifacts ? simplePartsOf({ artifacts }) : [],
    taskId: typeof taskId === "string" ? taskId : undefined,
    contextId: typeof contextId === "string" ? contextId : undefined,
    state: typeof state === "string" ? state : "completed",
    statusParts: isObject(message) ? simplePartsOf({ message }) : [],
    metadata,
  };
}

/** A result of these parts. Of several data parts none is the structured one. */
export function resultOfParts(parts: readonly JsonObject[], era: Era): ToolResult {
  const content = parts.map((part, index) => contentOf(part, index, era));
  const data = parts.filter((part) => "data" in part);
  const result: ToolResult = { content };
  if (data.length === 1 && mayStructure(data[0]!.data, era)) result.structuredContent = data[0]!.data;
  return result;
}

/** Before 2026-07-28 a structured result is an object; before 2025-06-18 there is none. */
const mayStructure = (data: unknown, era: Era): boolean =>
  era.isModern || (era.revision !== "2025-03-26" && isObject(data));

function contentOf(part: JsonObject, index: number, era: Era): JsonObject {
  if (typeof part.text === "string") return { type: "text", text: part.text.toWellFormed() };
  const name = typeof part.filename === "string" && part.filename !== "" ? part.filename : `part-${index + 1}`;
  const mimeType = typeof part.mediaType === "string" && part.mediaType !== "" ? part.mediaType : undefined;
  if (typeof part.raw === "string") {
    if (mimeType?.startsWith("image/")) return { type: "image", data: part.raw, mimeType };
    if (mimeType?.startsWith("audio/")) return { type: "audio", data: part.raw, mimeType };
    const uri = `agentgate:result/${index + 1}/${encodeURIComponent(name.toWellFormed())}`;
    return { type: "resource", resource: { uri, ...(mimeType && { mimeType }), blob: part.raw } };
  }
  if (typeof part.url === "string") return linkOf(part.url, name, mimeType, era);
  return { type: "text", text: JSON.stringify("data" in part ? part.data : part) ?? "null" };
}

/** Never fetched here; what is no address of the web is told as text. */
function linkOf(url: string, name: string, mimeType: string | undefined, era: Era): JsonObject {
  const isLink = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  const isKnown = era.isModern || era.revision !== "2025-03-26";
  if (!isLink || !isKnown) return { type: "text", text: url.toWellFormed() };
  return { type: "resource_link", uri: url, name, ...(mimeType && { mimeType }) };
}

/** What was paid, as the pipeline's answer tells it. */
export function receiptIn(ucp: unknown): JsonObject | undefined {
  if (!isObject(ucp) || typeof ucp.transaction_id !== "string") return undefined;
  return {
    transaction_id: ucp.transaction_id,
    amount: amountOf(ucp.price_per_task),
    currency: "USD",
    balance: amountOf(ucp.balance),
  };
}

const amountOf = (value: unknown): string | null =>
  typeof value === "number" ? dollars(microDollarsFromNumber(value)) : null;

const DETAIL_LENGTH_MAX = 1_000;

/** What the model is told of a call that came to nothing: in the result, for models read no errors. */
export function problemResult(problem: Problem, more: { words?: string; members?: JsonObject } = {}): ToolResult {
  const { status, code, headers } = problem;
  const detail = shortened(cleanText(problem.message), DETAIL_LENGTH_MAX);
  const retryAfter = headers["retry-after"];
  return {
    content: [{ type: "text", text: [detail.replace(/([^.!?])$/, "$1."), more.words].filter(Boolean).join(" ") }],
    isError: true,
    _meta: {
      [`${META_PREFIX}problem`]: {
        status,
        code,
        detail,
        ...(retryAfter !== undefined && { retry_after: /^\d+$/.test(retryAfter) ? Number(retryAfter) : retryAfter }),
        ...more.members,
      },
    },
  };
}
