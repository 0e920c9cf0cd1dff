import type { FastifyRequest } from "fastify";
import type { AgentRegistry } from "../agents/index.ts";
import { type Authenticate, bearerKey, type Principal, type SenderOf } from "../http/index.ts";
import { hashKey } from "../runtime/index.ts";
import { orgScope } from "./admission.ts";

export interface BodySendersOptions {
  agents: AgentRegistry;
  authenticate: Authenticate;
  /** The agent that answers at the root of the host. */
  rootAgentId: string | undefined;
  /** The owner of an address that was made for one agent, which shows the secret that came with it; undefined for all others. */
  notifierOf(request: FastifyRequest): string | undefined;
}

/** Whose share of the room for bodies a request takes: an organization's, the admin's, or that of those who have an agent's own key. */
export function bodySenders(options: BodySendersOptions): SenderOf {
  const { authenticate, notifierOf } = options;
  return (request) => {
    // Its secret tells all there is to know; no key is looked for.
    if (request.routeOptions.url?.startsWith("/a2a/")) return notifierOf(request);
    const bearer = bearerKey(request.headers.authorization);
    const known = bearer === undefined ? undefined : authenticate(bearer);
    if (known !== undefined && !(known instanceof Promise)) return nameOf(known);
    return findSender(request, bearer, known, options);
  };
}

async function findSender(
  request: FastifyRequest,
  bearer: string | undefined,
  known: Promise<Principal | undefined> | undefined,
  { agents, authenticate, rootAgentId }: BodySendersOptions,
): Promise<string | undefined> {
  const principal = await known;
  if (principal) return nameOf(principal);
  const payerKey = [request.headers["x-agentgate-payer-key"]].flat()[0];
  const payer = payerKey ? await authenticate(payerKey) : undefined;
  if (payer) return nameOf(payer);
  const path = request.routeOptions.url ?? "";
  const agentId = path.startsWith("/agents/") ? (request.params as { id?: string }).id?.toLowerCase() : rootAgentId;
  if (bearer === undefined || agentId === undefined) return undefined;
  const agent = await agents.find(agentId);
  if (!agent || agent.keyHash !== hashKey(bearer)) return undefined;
  return agent.orgId === null ? `agent:${agent.id}` : `agents of ${orgScope(agent.orgId)}`;
}

const nameOf = (principal: Principal): string => (principal.kind === "admin" ? "admin" : orgScope(principal.orgId));
