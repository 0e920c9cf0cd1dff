import { type GivenTrace, newTrace, passedOn, remoteSpanOf, type TraceHeaders, traceIdOf } from "./trace-context.ts";

export type AttributeValue = string | number | boolean;
export type Attributes = Record<string, AttributeValue>;

/** How a span ended that did not end well. */
export interface SpanFailure {
  /** One of few words: a status, or a code. */
  type: string;
  /** False where it was the caller's own mistake, and not this side's (HTTP semantic conventions, "Status"). */
  isError: boolean;
}

/** A span that somebody will look at. */
export interface RecordedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** For whoever is called within it. */
  readonly headers: TraceHeaders;
  child(name: string, kind: "internal" | "client", attributes?: Attributes): RecordedSpan;
  set(attributes: Attributes): void;
  /** Once. */
  end(failure?: SpanFailure): void;
}

/** The trace that a call belongs to, whether anything of it is recorded here or not. */
export interface Trace {
  /** 32 hexadecimal digits: of the caller's trace, or of the one that begins with this call. */
  readonly id: string;
  /** For whoever is called on behalf of it. */
  readonly headers: TraceHeaders;
  /** Undefined where nothing is recorded. */
  readonly span: RecordedSpan | undefined;
}

export interface Tracing {
  /** Whether spans carry the attributes of the conventions that are still in development. */
  readonly tellsGenAi: boolean;
  /**
   * Joins the caller's trace, or begins one.
   *
   * @param callId a UUID: a new trace has its digits for a name
   * @param name of the span, where one is recorded
   */
  begin(given: GivenTrace, callId: string, name: string, kind?: "server" | "internal"): Trace;
}

/** Without anybody to tell: traces are joined and passed on, as they came. */
export const passingOn: Tracing = {
  tellsGenAi: false,
  begin(given, callId) {
    const remote = remoteSpanOf(given);
    if (remote) return { id: remote.traceId, headers: passedOn(given, remote), span: undefined };
    const id = traceIdOf(callId);
    return { id, headers: newTrace(id, true), span: undefined };
  },
};
