/**
 * What went wrong with an outbound call:
 * - `invalid_request`: the URL breaks a rule of form (scheme, credentials, fragment, port) or a header cannot be sent. Nothing was sent.
 * - `refused_address`: the host is, or resolves to, an address the gateway does not connect to. Nothing was sent.
 * - `not_running`: the gateway hosts the agent, and it does not run on this node now. Nothing was sent.
 * - `busy`: a limit on concurrent calls is reached. Nothing was sent.
 * - `connect`: no connection: DNS, refused, unreachable, TLS, or too slow. Nothing was sent.
 * - `timeout`: the call's own time ran out, total or idle.
 * - `reset`: the connection ended before the whole response had arrived.
 * - `protocol`: the answer was not acceptable HTTP.
 * - `too_large`: the response head or body exceeded its limit.
 * - `no_room`: there was no room for the response body beside those of others.
 * - `aborted`: the caller, or the gateway's shutdown, cancelled the call.
 */
export type OutboundErrorKind =
  | "invalid_request"
  | "refused_address"
  | "not_running"
  | "busy"
  | "connect"
  | "timeout"
  | "reset"
  | "protocol"
  | "too_large"
  | "no_room"
  | "aborted";

const brand: unique symbol = Symbol.for("agentgate.OutboundError");

/** The one error of the dialer. `message` names no address and may be shown; `cause`, for logs only, may. */
export class OutboundError extends Error {
  override readonly name = "OutboundError";
  readonly kind: OutboundErrorKind;
  /** The system's, TLS's or parser's code, such as `ECONNREFUSED`, when there is one. */
  readonly code: string | undefined;
  readonly [brand] = true;

  constructor(kind: OutboundErrorKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.code = codeOf(cause);
  }

  static isInstance(error: unknown): error is OutboundError {
    return typeof error === "object" && error !== null && brand in error;
  }
}

export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}
