import { isObject, type JsonObject } from "@agentgate/protocol/a2a";
import { exceededAnswerBound } from "../answer-json.ts";

/** What a tool answered, as a task has it. */
export interface ToolResult {
  /** In 1.0's shape; one at least. */
  parts: JsonObject[];
  isError: boolean;
  /** Undefined where it answered none. */
  structured: unknown;
}

const PARTS_MAX = 1_024;
const REPEATS_MAX = 4;
const EMPTY: JsonObject = { text: "" };

/** A `CallToolResult` in 1.0's parts: what is structured as data, and the same once more as text not at all. */
export function toolResultOf({ content, structuredContent, isError }: JsonObject): ToolResult {
  const blocks = (Array.isArray(content) ? content : []).filter(isObject).slice(0, PARTS_MAX);
  const hasData = structuredContent !== undefined;
  const isRepeat = hasData ? repeats(structuredContent) : () => false;
  const told = blocks.filter((block) => !isRepeat(block)).flatMap(partOf);
  const parts = [...(hasData ? [{ data: structuredContent }] : []), ...told];
  return { parts: parts.length > 0 ? parts : [EMPTY], isError: isError === true, structured: structuredContent };
}

/** Servers say structured content as text, too, for clients that know no other. They say it once: of many texts, only so many are read. */
function repeats(structured: unknown): (block: JsonObject) => boolean {
  let said: string | undefined;
  let read = 0;
  return ({ type, text }) => {
    if (type !== "text" || typeof text !== "string" || !/^\s*[[{"\d\-tfn]/.test(text)) return false;
    if (++read > REPEATS_MAX || exceededAnswerBound(text)) return false;
    try {
      const value = JSON.parse(text);
      said ??= JSON.stringify(structured);
      return JSON.stringify(value) === said;
    } catch {
      return false;
    }
  };
}

function partOf(block: JsonObject): JsonObject[] {
  const { type, text, data, mimeType } = block;
  switch (type) {
    case "text":
      return typeof text === "string" ? [{ text }] : [];
    case "image":
    case "audio":
      return typeof data === "string" ? [{ raw: data, ...mediaType(mimeType) }] : [];
    case "resource_link":
      return typeof block.uri === "string" ? [{ url: block.uri, ...named(block), ...mediaType(mimeType) }] : [];
    case "resource":
      return isObject(block.resource) ? [resourcePart(block.resource)] : [];
    default:
      return [{ data: block }];
  }
}

function resourcePart({ uri, text, blob, mimeType }: JsonObject): JsonObject {
  const about = { ...(typeof uri === "string" && { filename: uri }), ...mediaType(mimeType) };
  if (typeof blob === "string") return { raw: blob, ...about };
  return { text: typeof text === "string" ? text : "", ...about };
}

const mediaType = (given: unknown): JsonObject => (typeof given === "string" ? { mediaType: given } : {});
const named = ({ name }: JsonObject): JsonObject => (typeof name === "string" ? { filename: name } : {});

/** All that is said in words. */
export const textOfParts = (parts: readonly JsonObject[]): string =>
  parts.flatMap(({ text }) => (typeof text === "string" ? [text] : [])).join("\n");
