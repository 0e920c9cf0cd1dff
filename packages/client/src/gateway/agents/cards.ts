import type * as wire from "@agentgate/protocol";
import { at, type CallOptions, GatewayRoom } from "../http/index.ts";

export interface CardOptions extends CallOptions {
  /** Of the protocol; by default a card that readers of both understand. */
  version?: "1.0" | "0.3" | undefined;
}

/** Agents' A2A cards. */
export abstract class CardCalls extends GatewayRoom {
  /** The agent's A2A card, with the gateway as its address, signed with one of {@link getCardSigningKeys}. */
  getAgentCard(id: string, { version, ...call }: CardOptions = {}): Promise<Record<string, unknown>> {
    return this.http.json({ path: at`/agents/${id}/card`, headers: { "a2a-version": version }, ...call });
  }

  /** The card that the agent itself publishes, as it was last fetched. @throws {@link NotFoundError} of an agent without one */
  getUpstreamAgentCard(id: string, call?: CallOptions): Promise<Record<string, unknown>> {
    return this.http.json({ path: at`/agents/${id}/upstream-card.json`, ...call });
  }

  /** The keys that cards are signed with. */
  getCardSigningKeys(call?: CallOptions): Promise<wire.PublicKeys> {
    return this.http.json({ path: "/.well-known/jwks.json", ...call });
  }
}
