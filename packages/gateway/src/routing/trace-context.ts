/** W3C Trace Context, section 3.2.2; the all-zero ids are invalid. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}/;
const TRACESTATE_LENGTH_MAX = 512;

/** The trace's name in a valid header: 32 hexadecimal digits. */
export const traceIdIn = ({ traceparent }: { traceparent: string }): string => traceparent.slice(3, 35);

/**
 * The trace the call belongs to, passed on; a call without a valid one starts a new trace.
 *
 * @param callId a UUID; a new trace has its digits for a name, so that the call's row in the log is found from the trace
 */
export function traceHeaders(
  given: { traceparent?: string | undefined; tracestate?: string | undefined },
  callId: string,
): { traceparent: string; tracestate?: string } {
  const { traceparent, tracestate } = given;
  if (traceparent === undefined || !TRACEPARENT.test(traceparent)) {
    const id = callId.replaceAll("-", "");
    return { traceparent: `00-${id}-${id.slice(16)}-01` };
  }
  if (!tracestate || tracestate.length > TRACESTATE_LENGTH_MAX) return { traceparent };
  return { traceparent, tracestate };
}
