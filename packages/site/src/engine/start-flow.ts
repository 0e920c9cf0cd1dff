import type { StartReply } from "@agentgate/protocol/site";
import type { Reply } from "../exchange/exchange.ts";
import { jsonReply } from "../exchange/reply.ts";
import type { SessionStore } from "../sessions/flow-session.ts";
import type { CompiledFlow } from "./compiled-flow.ts";
import { newSession } from "./session-life.ts";

/** Starts a session of a server-orchestrated flow. */
export async function startFlow(flow: CompiledFlow, owner: string, store: SessionStore, now: number): Promise<Reply> {
  const session = await store.create(newSession(flow, owner, now));
  const entry = flow.steps.get(flow.graph.entry)!;
  const reply: StartReply = {
    session_id: session.session_id,
    entry_step: entry.name,
    current_step: "",
    allowed_next_steps: session.allowed_next_steps,
    input_schema: entry.inputSchema,
    expires_at: new Date(session.expires_at).toISOString(),
  };
  return jsonReply(200, JSON.stringify(reply), entry.headers);
}
