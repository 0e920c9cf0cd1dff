import type { FastifyRequest } from "fastify";
import { bearerKey, type Principal, type ShownSession } from "../http/index.ts";
import { demandCall, demandUse, type Judged } from "./may.ts";

/** Keys, or a session, with which something was begun that goes on for long, and what they have to go on allowing. */
export interface KeyUse {
  readonly keys: readonly string[];
  /** The agent that answers, if it is one. */
  readonly agentId?: string;
  readonly session?: ShownSession | undefined;
  /** @throws Problem 401 or 403 for whoever may not go on with it */
  demand(caller: Principal): void;
}

/** What this request's key, or session, is shown for. */
export function requestUse(
  { headers, ip, session }: Pick<FastifyRequest, "headers" | "ip" | "session">,
  ...uses: Judged[]
): KeyUse {
  const key = bearerKey(headers.authorization);
  return {
    keys: key === undefined ? [] : [key],
    session,
    demand(caller) {
      for (const use of uses) demandUse(caller, use, ip);
    },
  };
}

/** Calling an agent from this address. What the call costs is agreed on by then. */
export const callUse = (keys: readonly string[], action: Judged, agentId: string, address: string): KeyUse => ({
  keys,
  agentId,
  demand: (caller) => demandCall(caller, action, { id: agentId }, address),
});
