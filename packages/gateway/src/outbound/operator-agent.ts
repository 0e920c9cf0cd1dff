import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import type { Duplex } from "node:stream";
import type { AddressRule } from "./address-policy.ts";
import { refusedAddress } from "./target.ts";

export interface OperatorAgentOptions {
  protocol: "http:" | "https:";
  rule: AddressRule;
  /** Finds addresses that may be connected to, and no others. */
  lookup: LookupFunction;
}

const SOCKETS_MAX = 4;
const SOCKETS_IDLE_MAX = 1;

type Created = (error: Error | null, stream: Duplex) => void;

/** Connections for a library that makes its own HTTP requests to what the operator has set: with the dialer's rules for addresses. */
export function createOperatorAgent({ protocol, rule, lookup }: OperatorAgentOptions): HttpAgent {
  const options = { keepAlive: true, maxSockets: SOCKETS_MAX, maxFreeSockets: SOCKETS_IDLE_MAX, lookup };
  const agent = protocol === "https:" ? new HttpsAgent(options) : new HttpAgent(options);
  const connect = agent.createConnection.bind(agent);
  // An address is looked at here, a name when it is looked up.
  agent.createConnection = (target, callback) => {
    const host = (target as { host?: string | null }).host ?? "";
    if (isIP(host) === 0 || !rule.refuses(host)) return connect(target, callback);
    (callback as Created | undefined)?.(refusedAddress(rule), undefined as unknown as Duplex);
    return undefined;
  };
  return agent;
}
