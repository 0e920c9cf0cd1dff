import type { JsonObject } from "@agentgate/protocol/a2a";
import type { FastifyReply } from "fastify";
import { isSameToAll } from "../../agents/index.ts";
import type { AgentVisit } from "../visit.ts";
import type { AgentTools } from "./agent-tools.ts";
import type { Cursors } from "./cursors.ts";
import { pageOf } from "./tool-page.ts";
import type { ToolTexts } from "./tool-texts.ts";

/** How long clients may keep a list, in milliseconds: one that is the same for all, and one that is its caller's. */
export const LIST_KEPT_MS = { public: 300_000, private: 60_000 } as const;

/** How long a list is good for, as modern clients are told. */
export const freshness = (scope: keyof typeof LIST_KEPT_MS) => ({ ttlMs: LIST_KEPT_MS[scope], cacheScope: scope });

/** Answers with the tools of one agent, at its own address. @throws McpError for a cursor that is none of this list */
export async function agentTools(
  { looked, era, message, channel }: AgentVisit,
  { cursors, tools, texts }: { cursors: Cursors; tools: AgentTools; texts: ToolTexts },
): Promise<FastifyReply> {
  const { agent, callerScope } = looked;
  const list = JSON.stringify(["agent", agent.id, callerScope]);
  const after = cursors.open(message.params.cursor, list);
  const all = await tools.of(agent);
  const from = after === undefined ? 0 : all.findIndex(({ name }) => name > after);
  const page = pageOf(from === -1 ? [] : all.slice(from), undefined, { era, texts, nameOf: ({ name }) => name });
  // A key that the agent asks for, or a price of one's own, makes the list its caller's.
  const isPublic = isSameToAll(agent) && agent.keyHash === null;
  const result: JsonObject = {
    ...(page.next !== undefined && { nextCursor: cursors.seal(page.next, list) }),
    ...(era.isModern && freshness(isPublic ? "public" : "private")),
  };
  return channel.complete(result, { list: { name: "tools", entries: page.tools } });
}
