import type { JsonObject } from "@agentgate/protocol/a2a";
import type { AgentSkill } from "../../agents/index.ts";
import { withoutHeaderMarks } from "../../mcp-servers/index.ts";
import { cleanJson, cleanText } from "../tools/clean-text.ts";
import type { Era } from "../wire/message.ts";

/** How long a list holds, in milliseconds: a tool may be taken from it at any moment. */
const TTL_MS = 60_000;

/** The tools of a server as they were approved, under their own names: the others are not there. */
export function pinnedList(skills: readonly AgentSkill[], era: Era): JsonObject {
  const tools = skills.filter(({ state }) => state === "live").flatMap((skill) => toolOf(skill, era) ?? []);
  return { tools, ...(era.isModern && { ttlMs: TTL_MS, cacheScope: "private" }) };
}

/** What whoever approved it could see of it, and nothing else. Undefined for one whose schema hides something in a name. */
function toolOf(
  { id, title, description, inputSchema, outputSchema, annotations }: AgentSkill,
  era: Era,
): JsonObject | undefined {
  // Before 2026-07-28 what a tool answers is an object.
  const isTold = outputSchema && (era.isModern || outputSchema.type === "object");
  const schemas = cleanJson({
    inputSchema: withoutHeaderMarks(inputSchema),
    ...(isTold && { outputSchema }),
    ...(annotations && { annotations }),
  });
  if (schemas === undefined) return undefined;
  return {
    name: id,
    ...(title !== null && { title: cleanText(title) }),
    ...(description !== "" && { description: cleanText(description) }),
    ...(schemas as JsonObject),
  };
}
