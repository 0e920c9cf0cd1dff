import { codeOf, OutboundError } from "./outbound-error.ts";
import { errors } from "./undici.ts";

/** How far a call had come when undici gave it up. */
export interface Progress {
  /** The request was handed to a connection: bytes may have left. */
  started: boolean;
  /** The head of the response has arrived. */
  responded: boolean;
}

/** Translates what undici, the system or TLS reported. The message names no address. */
export function failureOf(error: unknown, { started, responded }: Progress): OutboundError {
  if (OutboundError.isInstance(error)) return new OutboundError(error.kind, error.message, error.cause);
  const code = codeOf(error);
  switch (code) {
    case "UND_ERR_HEADERS_OVERFLOW":
      return new OutboundError("too_large", "the response head is too large", error);
    case "UND_ERR_INVALID_ARG":
    case "UND_ERR_NOT_SUPPORTED":
      return new OutboundError("invalid_request", "the request cannot be sent", error);
    case "UND_ERR_DESTROYED":
    case "UND_ERR_CLOSED":
      return shuttingDown(error);
    case "UND_ERR_CONNECT_TIMEOUT":
      return new OutboundError("connect", "no connection in time", error);
  }
  if (!started) return new OutboundError("connect", connectMessage(code), error);
  // Within the head, undici calls lengths that contradict each other a mismatch; within the body, it means that the body was cut short.
  const contradiction = code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH" && !responded;
  if (contradiction || isMalformed(error)) return new OutboundError("protocol", "the answer is not valid HTTP", error);
  const when = responded ? "before the whole response had arrived" : "without an answer";
  return new OutboundError("reset", `the connection was closed ${when}`, error);
}

export function shuttingDown(cause?: unknown): OutboundError {
  return new OutboundError("aborted", "the gateway is shutting down", cause);
}

/**
 * Whether a failed connection, rather than an answer, ended the call: only then may a request that certainly was not executed, or
 * that changes nothing, be sent once more.
 */
export function isLostConnection(error: unknown): boolean {
  const code = codeOf(error);
  return (code === "ECONNRESET" || code === "EPIPE" || code === "UND_ERR_SOCKET") && !isMalformed(error);
}

/** An answer that broke the protocol; one that was cut short did not, its connection was lost. */
function isMalformed(error: unknown): boolean {
  if (error instanceof errors.HTTPParserError) return !error.message.includes("Invalid EOF state");
  return error instanceof errors.SocketError && (error.message === "bad response" || error.message === "bad upgrade");
}

function connectMessage(code: string | undefined): string {
  switch (code) {
    case "ENOTFOUND":
      return "the host name does not resolve";
    case "ECONNREFUSED":
      return "the connection was refused";
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "EADDRNOTAVAIL":
      return "the host is unreachable";
    case "ETIMEDOUT":
      return "no connection in time";
  }
  if (code !== undefined && /CERT|TLS|SSL|SIGNATURE|EPROTO/.test(code)) return "the TLS handshake failed";
  return "no connection";
}
