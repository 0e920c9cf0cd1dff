import type { Micros } from "../runtime/index.ts";
import { AGENT_EVENT } from "./event.ts";

/** A receiver of webhooks: an organization's endpoint, or an agent's `webhook_url`, whose id is the agent's. Immutable. */
export interface Endpoint {
  readonly id: string;
  /** Whose it is; of an agent's, the agent's organization. */
  readonly orgId: string | null;
  readonly agentId: string | null;
  readonly url: string;
  /** The host of the URL with its port. */
  readonly receiver: string;
  /** What it is told; empty for everything. */
  readonly events: readonly string[];
  readonly description: string;
  /** Newest first; none where its URL was set before there were secrets. */
  readonly secrets: readonly EndpointSecret[];
  /** Null while it is told. */
  readonly disabledReason: string | null;
  /** When it failed first since it last took something. */
  readonly failingSince: Micros | null;
  readonly createdAt: Micros;
  readonly updatedAt: Micros;
}

export interface EndpointSecret {
  /** `whsec_…` */
  readonly secret: string;
  /** When it signs no more, milliseconds since the epoch; null for the newest. */
  readonly until: number | null;
}

/** Whether an endpoint is told of an event. */
export const listensTo = ({ agentId, events, disabledReason }: Endpoint, event: string): boolean =>
  disabledReason === null && (agentId !== null ? event === AGENT_EVENT : events.length === 0 || events.includes(event));

/** Whose share of everything its deliveries take. */
export const ownerOf = ({ id, orgId }: Pick<Endpoint, "id" | "orgId">): string => orgId ?? id;

/** A host with its port, in one spelling: receivers that hang are known by it. */
export function receiverOf(url: string): string {
  // The dialer says what is wrong with it when its time comes.
  if (!URL.canParse(url)) return "nowhere";
  const { hostname, port, protocol } = new URL(url);
  return `${hostname.replace(/\.$/, "")}:${port || (protocol === "https:" ? 443 : 80)}`;
}
