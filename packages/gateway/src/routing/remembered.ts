import type { FastifyRequest } from "fastify";
import { usable } from "../access/index.ts";
import type { AgentRegistry } from "../agents/index.ts";
import { bearerKey } from "../http/index.ts";
import type { Principals } from "../orgs/index.ts";
import { plainAddress } from "../runtime/index.ts";

/**
 * Tells of a request whether the keys and the agent that it names are in memory, so that nothing has to be looked for. An agent that is
 * not there to this caller is not, however often others ask for it.
 */
export const remembersAllOf =
  ({ principals, agents }: { principals: Principals; agents: AgentRegistry }) =>
  (request: FastifyRequest): boolean => {
    const path = request.routeOptions.url ?? "";
    const { id } = request.params as { id?: string };
    const keys = [bearerKey(request.headers.authorization), [request.headers["x-agentgate-payer-key"]].flat()[0]];
    if (path.startsWith("/agents/by-name/")) return false;
    if (!keys.every((key) => !key || principals.remembers(key))) return false;
    if (!path.startsWith("/agents/:id") || id === undefined) return true;
    const viewers = keys.map((key) => usable(key ? principals.known(key) : undefined, plainAddress(request.ip)));
    return agents.remembers(id.toLowerCase(), viewers[0] ?? viewers[1]);
  };
