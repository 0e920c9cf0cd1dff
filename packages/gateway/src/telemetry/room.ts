import type { MetricFamily } from "../metrics/index.ts";
import type { Outbound } from "../outbound/index.ts";
import type { AddGauge, Clock, FollowedLog, Random } from "../runtime/index.ts";
import { signalEndpoints, type TelemetrySettings } from "./settings.ts";
import { passingOn, type Tracing } from "./tracing.ts";

export interface TelemetryOptions {
  settings: TelemetrySettings;
  version: string;
  outbound: Pick<Outbound, "operatorDialer">;
  metrics: { registry: { families(): Promise<MetricFamily[]> } };
  clock: Clock;
  random: Random;
  log: FollowedLog;
  gauge: AddGauge;
}

export interface TelemetryRoom {
  tracing: Tracing;
  start(): void;
  /** Sends what is left, within a part of the drain. */
  close(drainMs: number): Promise<void>;
}

const OFF: TelemetryRoom = { tracing: passingOn, start() {}, close: () => Promise.resolve() };

/** Spans, metrics and log lines for the operator's OpenTelemetry collector; nothing, and none of the SDK's code, without an endpoint. */
export async function openTelemetry(options: TelemetryOptions): Promise<TelemetryRoom> {
  const { settings, outbound, metrics, gauge } = options;
  const endpoints = signalEndpoints(settings);
  if (Object.keys(endpoints).length === 0) return OFF;
  const { openSdk } = await import("./sdk.ts");
  const dialer = outbound.operatorDialer();
  const sdk = openSdk({ ...options, endpoints, dialer, families: () => metrics.registry.families() });
  for (const what of ["sent", "dropped"] as const) {
    gauge(
      `agentgate_telemetry_${what}_total`,
      what === "sent"
        ? "Spans, data points and log records that the OpenTelemetry collector took."
        : "Spans, data points and log records that were given up.",
      () => Object.entries(sdk.counts).map(([signal, count]) => ({ labels: { signal }, value: count[what] })),
      ["signal"],
    );
  }
  return { tracing: sdk.tracing, start: sdk.start, close: sdk.close };
}
