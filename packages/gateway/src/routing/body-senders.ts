import type { FastifyRequest } from "fastify";
import { bearerKey, type SenderOf } from "../http/index.ts";
import type { Connections } from "./connections.ts";

export interface BodySendersOptions {
  connections: Pick<Connections, "nameOf">;
  /** The agent that answers at the root of the host. */
  rootAgentId: string | undefined;
  /** The owner of an address that was made for one agent, which shows the secret that came with it; undefined for all others. */
  notifierOf(request: FastifyRequest): string | undefined;
}

/** Whose share of the room for bodies a request takes: an organization's, the admin's, or that of those who have an agent's own key. */
export function bodySenders({ connections, rootAgentId, notifierOf }: BodySendersOptions): SenderOf {
  return (request) => {
    const path = request.routeOptions.url ?? "";
    // Its secret tells all there is to know; no key is looked for.
    if (path.startsWith("/a2a/")) return notifierOf(request);
    return connections.nameOf({
      bearer: bearerKey(request.headers.authorization),
      payerKey: [request.headers["x-agentgate-payer-key"]].flat()[0] || undefined,
      agentId: path.startsWith("/agents/") ? (request.params as { id?: string }).id?.toLowerCase() : rootAgentId,
    });
  };
}
