import {
  type Context,
  createTraceState,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import type { Resource } from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  type IdGenerator,
  ParentBasedSampler,
  type Sampler,
  type SpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { Random } from "../runtime/index.ts";
import type { SamplerName } from "./settings.ts";
import { type GivenTrace, newTrace, passedOn, remoteSpanOf, type TraceHeaders, traceIdOf } from "./trace-context.ts";
import type { Attributes, RecordedSpan, SpanFailure, Trace, Tracing } from "./tracing.ts";

export interface SdkTracingOptions {
  resource: Resource;
  processor: SpanProcessor;
  random: Random;
  version: string;
  sampler: SamplerName;
  /** The part of traces that ratio samplers take. */
  ratio: number;
  tellsGenAi: boolean;
}

/** An attribute longer than that is cut. */
const ATTRIBUTE_LENGTH_MAX = 512;

/** Records spans with OpenTelemetry's SDK, as far as the sampler wants them. */
export class SdkTracing implements Tracing {
  readonly tellsGenAi: boolean;
  readonly #tracer: Tracer;
  readonly #ids: CallIds;
  readonly #doesAsCallers: boolean;

  constructor(options: SdkTracingOptions) {
    this.tellsGenAi = options.tellsGenAi;
    this.#doesAsCallers = options.sampler.startsWith("parentbased_");
    this.#ids = new CallIds(options.random);
    const provider = new TracerProvider({
      resource: options.resource,
      sampler: samplerOf(options.sampler, options.ratio),
      idGenerator: this.#ids,
      spanProcessors: [options.processor],
      spanLimits: { attributeValueLengthLimit: ATTRIBUTE_LENGTH_MAX },
    });
    this.#tracer = provider.getTracer("agentgate", options.version);
  }

  begin(given: GivenTrace, callId: string, name: string, kind: "server" | "internal" = "server"): Trace {
    const remote = remoteSpanOf(given);
    if (remote && this.#doesAsCallers && (remote.flags & TraceFlags.SAMPLED) === 0) {
      return { id: remote.traceId, headers: passedOn(given, remote), span: undefined };
    }
    const id = remote?.traceId ?? traceIdOf(callId);
    this.#ids.next = id;
    const context = remote
      ? trace.setSpanContext(ROOT_CONTEXT, {
          traceId: id,
          spanId: remote.spanId,
          traceFlags: remote.flags,
          isRemote: true,
          ...(remote.tracestate !== undefined && { traceState: createTraceState(remote.tracestate) }),
        })
      : ROOT_CONTEXT;
    const span = this.#tracer.startSpan(name, KINDS[kind], context);
    if (!span.isRecording()) {
      return { id, headers: remote ? passedOn(given, remote) : newTrace(id, false), span: undefined };
    }
    const recorded = new SdkSpan(this.#tracer, span, remote?.tracestate);
    return { id, headers: recorded.headers, span: recorded };
  }
}

const KINDS = { server: { kind: SpanKind.SERVER }, internal: { kind: SpanKind.INTERNAL } };

class SdkSpan implements RecordedSpan {
  readonly #tracer: Tracer;
  readonly #span: Span;
  readonly #tracestate: string | undefined;
  #context: Context | undefined;

  constructor(tracer: Tracer, span: Span, tracestate: string | undefined) {
    this.#tracer = tracer;
    this.#span = span;
    this.#tracestate = tracestate;
  }

  get traceId(): string {
    return this.#span.spanContext().traceId;
  }

  get spanId(): string {
    return this.#span.spanContext().spanId;
  }

  get headers(): TraceHeaders {
    const { traceId, spanId } = this.#span.spanContext();
    const traceparent = `00-${traceId}-${spanId}-01`;
    return this.#tracestate === undefined ? { traceparent } : { traceparent, tracestate: this.#tracestate };
  }

  child(name: string, kind: "internal" | "client", attributes?: Attributes): RecordedSpan {
    this.#context ??= trace.setSpan(ROOT_CONTEXT, this.#span);
    const options = {
      kind: kind === "client" ? SpanKind.CLIENT : SpanKind.INTERNAL,
      ...(attributes && { attributes }),
    };
    return new SdkSpan(this.#tracer, this.#tracer.startSpan(name, options, this.#context), this.#tracestate);
  }

  set(attributes: Attributes): void {
    this.#span.setAttributes(attributes);
  }

  end(failure?: SpanFailure): void {
    if (failure) {
      this.#span.setAttribute("error.type", failure.type);
      if (failure.isError) this.#span.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.#span.end();
  }
}

/** Span ids by the injected randomness; a trace that begins has the name that its call gives it. */
class CallIds implements IdGenerator {
  readonly #random: Random;
  /** Taken by the span that begins next. */
  next = "";

  constructor(random: Random) {
    this.#random = random;
  }

  generateTraceId = (): string => this.next;
  generateSpanId = (): string => this.#random.bytes(8).toString("hex");
}

function samplerOf(name: SamplerName, ratio: number): Sampler {
  const [, isParentBased, kind] = /^(parentbased_)?(.*)$/.exec(name)!;
  const root =
    kind === "always_off"
      ? new AlwaysOffSampler()
      : kind === "traceidratio"
        ? new TraceIdRatioBasedSampler(ratio)
        : new AlwaysOnSampler();
  return isParentBased ? new ParentBasedSampler({ root }) : root;
}
