import type { StartReply } from "@agentgate/protocol/site";
import type { Exchange, Reply } from "../exchange/exchange.ts";
import { readArguments } from "../exchange/read-json.ts";
import { jsonReply } from "../exchange/reply.ts";
import type { Caller } from "./caller.ts";
import type { CompiledFlow } from "./compiled-flow.ts";
import { holderOf } from "./holder.ts";
import { idempotencyKeyOf, once } from "./idempotency.ts";
import { newSession } from "./session-life.ts";
import type { Site } from "./site.ts";

/** How long a start whose process died keeps its key busy, in milliseconds. */
const leaseMs = 30_000;

export interface FlowStart {
  readonly site: Site;
  readonly flow: CompiledFlow;
  readonly exchange: Exchange;
  readonly caller: Caller;
}

/** Starts a session of a server-orchestrated flow; a repeated `Idempotency-Key` gets the session of the first request. */
export async function startFlow({ site, flow, exchange, caller }: FlowStart): Promise<Reply> {
  const { owner } = caller;
  const key = idempotencyKeyOf(exchange);
  const holder = holderOf(site, exchange, caller);
  if (key === undefined) return openSession(site, flow, owner, holder);
  const args = await readArguments(exchange, site.bodyBytesMax);
  const scope = `${owner}\nstart of flow "${flow.name}"`;
  // A session that nobody heard of does no harm and expires, so an interrupted start may be repeated.
  return once({ site, holder, scope, key, args, leaseMs, repeatable: true }, (keep) =>
    keep(() => openSession(site, flow, owner, holder)),
  );
}

async function openSession({ sessions, now }: Site, flow: CompiledFlow, owner: string, holder: string): Promise<Reply> {
  const session = await sessions.create(newSession(flow, owner, now()), holder);
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
