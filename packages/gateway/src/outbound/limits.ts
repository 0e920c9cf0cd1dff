import { readFileSync } from "node:fs";

/** Everything the dialer bounds. */
export interface DialerLimits {
  /** Unary calls under way to one origin, each on a connection of its own. */
  callsPerOrigin: number;
  /** Unary calls waiting for one of those. */
  waitingPerOrigin: number;
  /** Streams open to one origin; none waits. */
  streamsPerOrigin: number;
  /** Calls and streams waiting or under way to all origins; an owner may have as many as it leaves for others. */
  calls: number;
  /**
   * Origins with connections, shared in the same way; beyond, the one unused longest makes room. A quarter is kept for those that
   * have answered.
   */
  origins: number;
  /** Connections open or being made; beyond, idle ones make room. */
  sockets: number;
  /** Milliseconds for lookup, TCP and TLS handshake. */
  connectTimeoutMs: number;
  /** Milliseconds a connection is kept without a call, when the other side does not ask for less. */
  keepAliveMs: number;
  /** Bytes of a response's status line and header, and of its trailers. */
  responseHeadBytes: number;
}

/**
 * Agents are slow: a hundred calls a second at ten seconds each are a thousand under way. Kept-alive connections are given up before the
 * five seconds after which common servers (Node, uvicorn) close them.
 */
export const defaultLimits: DialerLimits = {
  callsPerOrigin: 1024,
  waitingPerOrigin: 1024,
  streamsPerOrigin: 16_384,
  calls: 32_768,
  origins: 4096,
  sockets: 40_960,
  connectTimeoutMs: 5_000,
  keepAliveMs: 4_000,
  responseHeadBytes: 32 * 1024,
};

/** Of the process's descriptors, what connections to others may take. The rest is for clients, files and the database. */
const socketsPart = 0.6;

/** The limits where a process may have only so many descriptors open; undefined when that is not known. */
export function limitsFor(descriptors: number | undefined): DialerLimits {
  if (descriptors === undefined) return defaultLimits;
  const sockets = Math.min(defaultLimits.sockets, Math.floor(descriptors * socketsPart));
  return {
    ...defaultLimits,
    sockets,
    calls: Math.min(defaultLimits.calls, Math.ceil(sockets * 0.8)),
    origins: Math.min(defaultLimits.origins, Math.ceil(sockets / 4)),
  };
}

/** How many descriptors this process may have open, where the system tells (Linux). */
export function descriptorLimit(): number | undefined {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
