import { z } from "zod";
import { otlpProtocols, samplerNames } from "../../telemetry/index.ts";
import { setting } from "../setting.ts";
import { choice, flag, integer, list, optionalUrl, pairs } from "../values.ts";

const isHeader = ([name, value]: [string, string]) =>
  /^[!#$%&'*+\-.^_`|~\w]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
const exporter = () => choice(["otlp", "none"], "otlp");
const otlpUrl = () =>
  optionalUrl("http", "https").refine((url) => url === undefined || !/^https?:\/\/[^/]*@|#/i.test(url), {
    error: "must hold no credentials, which belong into OTEL_EXPORTER_OTLP_HEADERS, and no fragment",
  });

/** What goes to an OpenTelemetry collector, under the names that its SDKs read. */
export const telemetry = {
  otlpEndpoint: setting(
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "none",
    "Where an OpenTelemetry collector takes OTLP over HTTP, such as http://localhost:4318: spans, metrics and log lines go there. Without one nothing is recorded; see docs/telemetry.md.",
    otlpUrl(),
  ),
  otlpTracesEndpoint: setting(
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "none",
    "Where spans go, as a whole address; by default /v1/traces of the endpoint.",
    otlpUrl(),
  ),
  otlpMetricsEndpoint: setting(
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "none",
    "Where metrics go, as a whole address; by default /v1/metrics of the endpoint.",
    otlpUrl(),
  ),
  otlpLogsEndpoint: setting(
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    "none",
    "Where log lines go, as a whole address; by default /v1/logs of the endpoint.",
    otlpUrl(),
  ),
  otlpHeaders: setting(
    "OTEL_EXPORTER_OTLP_HEADERS",
    "none",
    "Headers for the collector, name=value, separated by commas, percent-encoded; its key, mostly.",
    pairs("headers").refine((headers) => Object.entries(headers).every(isHeader), {
      error: "must list headers as name=value, separated by commas",
    }),
  ),
  otlpProtocol: setting(
    "OTEL_EXPORTER_OTLP_PROTOCOL",
    "http/protobuf",
    "http/protobuf or http/json.",
    choice(otlpProtocols, "http/protobuf"),
  ),
  otlpTimeoutMs: setting(
    "OTEL_EXPORTER_OTLP_TIMEOUT",
    "10000",
    "How long one batch may take to be sent, in milliseconds, with all attempts.",
    integer(1, 600_000, 10_000),
  ),
  otelTracesExporter: setting("OTEL_TRACES_EXPORTER", "otlp", "otlp, or none for no spans.", exporter()),
  otelMetricsExporter: setting(
    "OTEL_METRICS_EXPORTER",
    "otlp",
    "otlp, or none where metrics are read at /metrics alone.",
    exporter(),
  ),
  otelLogsExporter: setting("OTEL_LOGS_EXPORTER", "otlp", "otlp, or none for no log lines.", exporter()),
  otelMetricIntervalMs: setting(
    "OTEL_METRIC_EXPORT_INTERVAL",
    "60000",
    "How often metrics are sent, in milliseconds.",
    integer(1_000, 3_600_000, 60_000),
  ),
  otelScheduleDelayMs: setting(
    "OTEL_BSP_SCHEDULE_DELAY",
    "1000",
    "How long spans and log lines wait for company until they are sent, in milliseconds.",
    integer(10, 60_000, 1_000),
  ),
  otelServiceName: setting(
    "OTEL_SERVICE_NAME",
    "agentgate",
    "What this service is called in traces, metrics and logs.",
    z.string().trim().min(1).max(255, "must have at most 255 characters").optional(),
  ),
  otelResourceAttributes: setting(
    "OTEL_RESOURCE_ATTRIBUTES",
    "none",
    "More attributes of this service, name=value, separated by commas, percent-encoded.",
    pairs("attributes"),
  ),
  otelSampler: setting(
    "OTEL_TRACES_SAMPLER",
    "parentbased_always_on",
    "Which traces are recorded: always_on, always_off, traceidratio, or parentbased_ and one of these, which does as the caller did.",
    choice(samplerNames, "parentbased_always_on"),
  ),
  otelSamplerArg: setting(
    "OTEL_TRACES_SAMPLER_ARG",
    "1",
    "With traceidratio: the part of all traces, from 0 to 1.",
    z.coerce
      .number({ error: "must be a number from 0 to 1" })
      .min(0, "must be a number from 0 to 1")
      .max(1, "must be a number from 0 to 1")
      .default(1),
  ),
  otelSemconv: setting(
    "OTEL_SEMCONV_STABILITY_OPT_IN",
    "none",
    "gen_ai_latest_experimental puts the attributes of the GenAI conventions, which are in development, on spans.",
    list(),
  ),
  otelDisabled: setting("OTEL_SDK_DISABLED", "0", "Records and sends nothing, whatever else is set.", flag(false)),
};
