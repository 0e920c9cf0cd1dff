import type { Clock, Log } from "../runtime/index.ts";
import { createDialer, type Dialer } from "./dialer.ts";

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
}

export interface Outbound {
  dialer: Dialer;
  /** Takes no more calls and cuts off those under way. */
  close(): Promise<void>;
}

/** The gateway's one way out. */
export function openOutbound({ settings, clock, log }: OutboundOptions): Outbound {
  const { allowPrivateNetworks, allowedAddresses, answerBytesMax } = settings;
  const dialer = createDialer({ allowPrivateNetworks, allowedAddresses, answerBytesMax, clock, log });
  return { dialer, close: () => dialer.close(0) };
}
