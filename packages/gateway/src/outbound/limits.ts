/** Everything the dialer bounds. */
export interface DialerLimits {
  /** Unary calls under way to one origin, each on a connection of its own. */
  callsPerOrigin: number;
  /** Unary calls waiting for one of those. */
  waitingPerOrigin: number;
  /** Streams open to one origin; none waits. */
  streamsPerOrigin: number;
  /** Calls and streams under way to all origins. */
  calls: number;
  /** Origins with connections; beyond, the one unused longest makes room. */
  origins: number;
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
  origins: 1024,
  connectTimeoutMs: 5_000,
  keepAliveMs: 4_000,
  responseHeadBytes: 32 * 1024,
};
