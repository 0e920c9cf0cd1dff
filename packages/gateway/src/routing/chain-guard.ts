import { Problem } from "../http/index.ts";

/** Hops in a chain of agents that call each other through the gateway. */
const DEPTH_MAX = 8;
/** Calls of one and the same agent within a chain. */
const VISITS_MAX = 3;

/** The header that carries a chain: `agent-id:call-id` per hop, oldest first. */
export const CHAIN_HEADER = "x-agentgate-chain";

const ID_LENGTH = 36;
const HOP_LENGTH = ID_LENGTH + 1 + ID_LENGTH;
const HOP = /^[0-9a-f-]{36}:[0-9a-f-]{36}$/;

/**
 * The chain header to send along with this call. What is not a hop in the given header is ignored.
 * @throws Problem 508 when the chain is too deep or keeps coming back to the same agent.
 */
export function extendChain(header: string | undefined, agentId: string, callId: string): string {
  const hop = `${agentId}:${callId}`;
  if (header === undefined) return hop;
  const hops = header
    .slice(0, 4096)
    .split(",")
    .map((part) => part.trim().toLowerCase())
    .filter((part) => HOP.test(part));
  if (hops.length >= DEPTH_MAX) throw loop(`Agents may call each other ${DEPTH_MAX} deep`);
  if (hops.filter((earlier) => earlier.startsWith(agentId)).length >= VISITS_MAX) {
    throw loop(`A chain of agents came back to the same agent more than ${VISITS_MAX} times`);
  }
  return [...hops, hop].join(",");
}

/** The call that a chain's last hop was made from; null for the first hop. @param chain as `extendChain` gives it */
export const parentIn = (chain: string): string | null =>
  chain.length > HOP_LENGTH ? chain.slice(-HOP_LENGTH - 1 - ID_LENGTH, -HOP_LENGTH - 1) : null;

const loop = (detail: string) => new Problem(508, detail, { code: "chain_loop" });
