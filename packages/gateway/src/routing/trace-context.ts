import type { Random } from "../runtime/index.ts";

/** W3C Trace Context, section 3.2.2; the all-zero ids are invalid. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}/;
const TRACESTATE_LENGTH_MAX = 512;

/** The trace the call belongs to, passed on; a call without a valid one starts a new trace. */
export function traceHeaders(
  given: { traceparent?: string | undefined; tracestate?: string | undefined },
  random: Random,
): { traceparent: string; tracestate?: string } {
  const { traceparent, tracestate } = given;
  if (traceparent === undefined || !TRACEPARENT.test(traceparent)) {
    const id = random.bytes(24).toString("hex");
    return { traceparent: `00-${id.slice(0, 32)}-${id.slice(32)}-01` };
  }
  if (!tracestate || tracestate.length > TRACESTATE_LENGTH_MAX) return { traceparent };
  return { traceparent, tracestate };
}
