import { resourceFromAttributes } from "@opentelemetry/resources";
import type { MetricFamily } from "../metrics/index.ts";
import type { Dialer } from "../outbound/index.ts";
import type { Clock, FollowedLog, Random } from "../runtime/index.ts";
import { LogExport } from "./log-export.ts";
import { MetricExport } from "./metric-export.ts";
import { OtlpSender, type SignalCount } from "./otlp-sender.ts";
import { SdkTracing } from "./sdk-tracing.ts";
import type { Signal, TelemetrySettings } from "./settings.ts";
import { SpanExport } from "./span-export.ts";
import { passingOn, type Tracing } from "./tracing.ts";

export interface SdkOptions {
  settings: TelemetrySettings;
  endpoints: Partial<Record<Signal, string>>;
  dialer: Dialer;
  clock: Clock;
  random: Random;
  log: FollowedLog;
  version: string;
  families(): Promise<MetricFamily[]>;
}

export interface Sdk {
  tracing: Tracing;
  counts: Readonly<Record<Signal, SignalCount>>;
  start(): void;
  close(drainMs: number): Promise<void>;
}

/** The part of the drain that the last batches may take, in milliseconds. */
const FLUSH_MS_MAX = 5_000;
const GEN_AI = ["gen_ai_latest_experimental", "gen_ai"];

/** All that OpenTelemetry's SDK does here. Loaded only where an endpoint is set. */
export function openSdk(options: SdkOptions): Sdk {
  const { settings, endpoints, clock, random, log, version, families } = options;
  const protocol = settings.otlpProtocol;
  const sender = new OtlpSender({
    ...options,
    log: log.unfollowed,
    protocol,
    headers: settings.otlpHeaders,
    timeoutMs: settings.otlpTimeoutMs,
  });
  const resource = resourceFromAttributes({
    "service.version": version,
    "service.instance.id": random.uuid(),
    "host.name": settings.nodeName,
    "telemetry.sdk.name": "opentelemetry",
    "telemetry.sdk.language": "nodejs",
    ...settings.otelResourceAttributes,
    "service.name": settings.otelServiceName ?? settings.otelResourceAttributes["service.name"] ?? "agentgate",
  });
  const common = { protocol, sender, resource, version, delayMs: settings.otelScheduleDelayMs };
  const spans = endpoints.traces === undefined ? undefined : new SpanExport({ ...common, url: endpoints.traces });
  const metrics =
    endpoints.metrics === undefined
      ? undefined
      : new MetricExport({
          ...{ ...common, url: endpoints.metrics, clock, families },
          intervalMs: settings.otelMetricIntervalMs,
        });
  const logs = endpoints.logs === undefined ? undefined : new LogExport({ ...common, url: endpoints.logs });
  if (logs) log.follow((level, fields, message) => logs.line(level, fields, message));
  return {
    tracing: spans
      ? new SdkTracing({
          ...{ resource, processor: spans, random, version },
          sampler: settings.otelSampler,
          ratio: settings.otelSamplerArg,
          tellsGenAi: settings.otelSemconv.some((word) => GEN_AI.includes(word)),
        })
      : passingOn,
    counts: sender.counts,
    start: () => metrics?.start(),
    async close(drainMs) {
      log.follow(undefined);
      const cut = Promise.withResolvers<void>();
      const cancel = clock.after(Math.min(drainMs, FLUSH_MS_MAX), cut.resolve);
      const flushed = Promise.allSettled([spans?.forceFlush(), metrics?.flush(), logs?.flush()]);
      await Promise.race([flushed, cut.promise]);
      cancel();
      sender.close();
      await Promise.race([flushed, new Promise<void>((resolve) => setImmediate(resolve))]);
    },
  };
}
