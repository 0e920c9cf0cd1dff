import type { Dispatcher } from "undici";
import { OutboundError } from "./outbound-error.ts";
import type { Target } from "./target.ts";

/** A URL checked and taken apart once, for callers that use it again and again. Opaque; made by `Dialer.prepare`. */
export interface PreparedTarget {
  readonly url: URL;
}

export interface OutboundRequest {
  url: string | PreparedTarget;
  method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";
  /** Message headers. Those of the connection (`host`, `connection`, `content-length`…) belong to the dialer and are refused. */
  headers?: Readonly<Record<string, string>>;
  body?: string | Buffer;
  /** Wall-clock milliseconds from the call to its end: waiting, lookup, connection, request and whole response. */
  timeoutMs: number;
  maxResponseBytes: number;
  /** The agent that is called: the place of one that the gateway hosts is open to calls of that agent alone. */
  agentId?: string | undefined;
  /** Whose share of hosts, places and bytes the call takes: an organization, an agent, a client's network. By default the origin's own. */
  owner?: string | undefined;
  /**
   * Set when only the status counts (health checks, webhooks): a longer body is cut at `maxResponseBytes` and an encoded one passed
   * as it is, where both are otherwise errors.
   */
  bodyOptional?: boolean;
  /** Told of what comes of the answer; several requests may share one. */
  meter?: AnswerMeter | undefined;
}

/** What has come of answers. */
export interface AnswerMeter {
  /** When the head of the first came, by the monotonic clock, in milliseconds. */
  firstByteAt: number | undefined;
  /** Bytes of their bodies. */
  bytes: number;
}

/** Looks at a large body as it comes. */
export interface Inspection {
  add(bytes: Buffer): void;
}

export interface OutboundCallRequest extends OutboundRequest {
  /** Makes what looks at the body as soon as that has more than 64 KiB; it is given with the response. */
  inspect?: () => Inspection;
}

export interface OutboundStreamRequest extends OutboundRequest {
  /** Milliseconds without a byte from the other side, before the head or within the body, while the reader is not behind. */
  idleTimeoutMs?: number;
}

/** Names in lower case. A repeated header is an array. */
export type OutboundHeaders = Record<string, string | string[] | undefined>;

const connectionHeaders: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * The request as undici takes it: header pairs in one flat list, and an explicit wish for an unencoded answer. Timeouts are the
 * dialer's own, so undici's are off. Undici refuses names and values that are no header's.
 *
 * @throws OutboundError `invalid_request` when a header is not the caller's to set
 */
export function dispatchOptions(request: OutboundRequest, target: Target): Dispatcher.DispatchOptions {
  const headers = ["accept-encoding", "identity"];
  for (const name in request.headers) {
    const value = request.headers[name]!;
    const lowerCase = name.toLowerCase();
    if (lowerCase === "accept-encoding") continue;
    if (connectionHeaders.has(lowerCase)) {
      throw new OutboundError("invalid_request", `the header "${lowerCase}" cannot be sent`);
    }
    headers.push(name, value);
  }
  return {
    path: target.path,
    method: request.method,
    headers,
    body: request.body ?? null,
    headersTimeout: 0,
    bodyTimeout: 0,
  };
}
