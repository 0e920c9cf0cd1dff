import type { Agent } from "node:http";
import type { AddGauge, Clock, Log } from "../runtime/index.ts";
import { createAddressRule } from "./address-policy.ts";
import { checkedLookup } from "./connector.ts";
import { createDialer, type Dialer } from "./dialer.ts";
import { createOperatorAgent } from "./operator-agent.ts";
import { systemResolve } from "./resolver.ts";

/** What the room reads of the gateway's settings. */
export interface OutboundSettings {
  allowPrivateNetworks: boolean;
  allowedAddresses: readonly string[];
  /** Bytes of answers under way, to all calls. */
  answerBytesMax: number;
}

export interface OutboundOptions {
  settings: OutboundSettings;
  clock: Clock;
  log: Log;
  gauge: AddGauge;
}

export interface Outbound {
  dialer: Dialer;
  /**
   * A way to what the operator has set, and nobody else: private addresses are open to it, cloud metadata is not. Few connections, which are
   * of no agent's and no receiver's share.
   */
  operatorDialer(): Dialer;
  /** The same way for a library that makes its own requests, with few connections of its own. Whoever asked for it destroys it. */
  operatorAgent(protocol: "http:" | "https:"): Agent;
  /** Takes no more calls and cuts off those under way. */
  close(): Promise<void>;
}

const OPERATOR_LIMITS = {
  callsPerOrigin: 8,
  waitingPerOrigin: 32,
  streamsPerOrigin: 0,
  calls: 64,
  origins: 8,
  sockets: 32,
};

/** The gateway's one way out. */
export function openOutbound({ settings, clock, log, gauge }: OutboundOptions): Outbound {
  const { allowPrivateNetworks, allowedAddresses, answerBytesMax } = settings;
  const dialer = createDialer({ allowPrivateNetworks, allowedAddresses, answerBytesMax, clock, log });
  gauge(
    "agentgate_outbound_calls",
    "Calls to agents and receivers under way.",
    () => {
      const { calls, streams } = dialer.stats();
      return [
        { labels: { kind: "call" }, value: calls },
        { labels: { kind: "stream" }, value: streams },
      ];
    },
    ["kind"],
  );
  gauge("agentgate_outbound_waiting", "Calls that wait for a connection.", () => dialer.stats().waiting);
  gauge(
    "agentgate_outbound_connections",
    "Connections to agents and receivers.",
    () => {
      const { open, connecting } = dialer.stats();
      return [
        { labels: { state: "open" }, value: open },
        { labels: { state: "connecting" }, value: connecting },
      ];
    },
    ["state"],
  );
  let own: Dialer | undefined;
  return {
    dialer,
    operatorDialer() {
      own ??= createDialer({ allowPrivateNetworks: true, clock, log, limits: OPERATOR_LIMITS });
      return own;
    },
    operatorAgent(protocol) {
      const rule = createAddressRule({ allowPrivateNetworks: true });
      return createOperatorAgent({ protocol, rule, lookup: checkedLookup({ rule, resolve: systemResolve }) });
    },
    async close() {
      await Promise.all([dialer.close(0), own?.close(0)]);
    },
  };
}
