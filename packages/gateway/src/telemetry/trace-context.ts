import { uuidDigits } from "../runtime/index.ts";

/** W3C Trace Context, section 3.2.2; the all-zero ids are invalid. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})/;
const TRACESTATE_LENGTH_MAX = 512;

/** The headers that a caller sent. */
export interface GivenTrace {
  traceparent?: string | undefined;
  tracestate?: string | undefined;
}

/** The headers that say which trace a request belongs to. */
export interface TraceHeaders {
  traceparent: string;
  tracestate?: string;
}

/** The span of somebody else's that a request was made within. */
export interface RemoteSpan {
  traceId: string;
  spanId: string;
  flags: number;
  tracestate: string | undefined;
}

/** What the caller's headers say; undefined where they name no trace. */
export function remoteSpanOf({ traceparent, tracestate }: GivenTrace): RemoteSpan | undefined {
  if (traceparent === undefined) return undefined;
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent) ?? [];
  if (traceId === undefined) return undefined;
  const isKept = tracestate && tracestate.length <= TRACESTATE_LENGTH_MAX;
  return { traceId, spanId: spanId!, flags: Number.parseInt(flags!, 16), tracestate: isKept ? tracestate : undefined };
}

/** The name of a trace that begins with a call: the call's digits, so that its row in the log is found from the trace. */
export const traceIdOf = uuidDigits;

/** The headers of a trace that begins here. */
export const newTrace = (traceId: string, isSampled: boolean): TraceHeaders => ({
  traceparent: `00-${traceId}-${traceId.slice(16)}-${isSampled ? "01" : "00"}`,
});

/** The caller's headers, passed on. */
export const passedOn = ({ traceparent }: GivenTrace, { tracestate }: RemoteSpan): TraceHeaders =>
  tracestate === undefined ? { traceparent: traceparent! } : { traceparent: traceparent!, tracestate };
