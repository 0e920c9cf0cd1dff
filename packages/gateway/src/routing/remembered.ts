import type { FastifyRequest } from "fastify";
import type { AgentRegistry } from "../agents/index.ts";
import { bearerKey } from "../http/index.ts";
import type { Principals } from "../orgs/index.ts";

/** Tells of a request whether the keys and the agent that it names are in memory, so that nothing has to be looked for. */
export const remembersAllOf =
  ({ principals, agents }: { principals: Principals; agents: AgentRegistry }) =>
  (request: FastifyRequest): boolean => {
    const path = request.routeOptions.url ?? "";
    const { id } = request.params as { id?: string };
    const keys = [bearerKey(request.headers.authorization), [request.headers["x-agentgate-payer-key"]].flat()[0]];
    if (path.startsWith("/agents/by-name/")) return false;
    if (path.startsWith("/agents/:id") && id !== undefined && !agents.remembers(id.toLowerCase())) return false;
    return keys.every((key) => !key || principals.remembers(key));
  };
