import type { Payload } from "../../routing/index.ts";
import type { AgentLink } from "../agent-link.ts";
import type { A2ACall, A2AReply } from "../call.ts";
import type { Ownership } from "../ownership.ts";

/** A send's parameters with the relay's address in place of the caller's. */
export interface RelayedParams {
  params: Payload;
  /** Tells which task the config belongs to, once it is known; undefined when the answer was no task. */
  bind(taskId: string | undefined): Promise<void>;
}

export interface PushRelay {
  relayInline(
    call: A2ACall,
    link: AgentLink,
    ownership: Ownership,
    params: Payload,
  ): Promise<RelayedParams | undefined>;
  handle(call: A2ACall, link: AgentLink, ownership: Ownership, params: Payload): Promise<A2AReply>;
}
