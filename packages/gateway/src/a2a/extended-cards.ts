import { A2AError, type A2AVersion, type JsonObject, normalizeCard } from "@agentgate/protocol/a2a";
import { notAuthenticated, type Principal } from "../http/index.ts";
import { Payload } from "../routing/index.ts";
import { type AgentLink, V1 } from "./agent-link.ts";
import type { CardPages } from "./card-pages.ts";

/** The cards that agents show to callers they know; rewritten like the public ones, for it is the gateway that they know. */
export class ExtendedCards {
  readonly #pages: CardPages;

  constructor(pages: CardPages) {
    this.#pages = pages;
  }

  /** @throws Problem 401 for an unknown caller; A2AError when the agent has none */
  async get(
    link: AgentLink,
    caller: Principal | undefined,
    version: A2AVersion,
    timeoutMs: number,
  ): Promise<JsonObject> {
    if (!link.card.capabilities.extendedAgentCard) {
      throw new A2AError("ExtendedAgentCardNotConfigured", "This agent has no extended card");
    }
    if (!caller) throw notAuthenticated();
    const { result } = await link.request("GetExtendedAgentCard", Payload.ofValue(V1, {}), timeoutMs);
    return this.#pages.render(link.agent, normalizeCard(result.value, link.target.url), version);
  }
}
