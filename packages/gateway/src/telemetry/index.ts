export { openTelemetry, type TelemetryOptions, type TelemetryRoom } from "./room.ts";
export { otlpProtocols, samplerNames, type TelemetrySettings } from "./settings.ts";
export { type GivenTrace, remoteSpanOf, type TraceHeaders } from "./trace-context.ts";
export {
  type Attributes,
  passingOn,
  type RecordedSpan,
  type SpanFailure,
  type Trace,
  type Tracing,
} from "./tracing.ts";
