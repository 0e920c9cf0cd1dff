/** Samplers by the names of OpenTelemetry's specification of environment variables. */
export const samplerNames = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
] as const;
export type SamplerName = (typeof samplerNames)[number];

export const otlpProtocols = ["http/protobuf", "http/json"] as const;
export type OtlpProtocol = (typeof otlpProtocols)[number];

export type Signal = "traces" | "metrics" | "logs";

/** What the room reads of the gateway's settings. */
export interface TelemetrySettings {
  otelDisabled: boolean;
  otlpEndpoint: string | undefined;
  otlpTracesEndpoint: string | undefined;
  otlpMetricsEndpoint: string | undefined;
  otlpLogsEndpoint: string | undefined;
  otlpHeaders: Readonly<Record<string, string>>;
  otlpProtocol: OtlpProtocol;
  otlpTimeoutMs: number;
  otelTracesExporter: "otlp" | "none";
  otelMetricsExporter: "otlp" | "none";
  otelLogsExporter: "otlp" | "none";
  otelMetricIntervalMs: number;
  otelScheduleDelayMs: number;
  otelServiceName: string | undefined;
  otelResourceAttributes: Readonly<Record<string, string>>;
  otelSampler: SamplerName;
  otelSamplerArg: number;
  otelSemconv: readonly string[];
  nodeName: string;
}

/** Where each signal goes; what is missing is not told. The general endpoint is a base, those of signals are as they are (OTLP exporter specification). */
export function signalEndpoints(settings: TelemetrySettings): Partial<Record<Signal, string>> {
  if (settings.otelDisabled) return {};
  const base = settings.otlpEndpoint?.replace(/\/+$/, "");
  const urlOf = (signal: Signal, own: string | undefined, exporter: "otlp" | "none") =>
    exporter === "none" ? undefined : (own ?? (base === undefined ? undefined : `${base}/v1/${signal}`));
  const urls = {
    traces: urlOf("traces", settings.otlpTracesEndpoint, settings.otelTracesExporter),
    metrics: urlOf("metrics", settings.otlpMetricsEndpoint, settings.otelMetricsExporter),
    logs: urlOf("logs", settings.otlpLogsEndpoint, settings.otelLogsExporter),
  };
  return Object.fromEntries(Object.entries(urls).filter(([, url]) => url !== undefined));
}
