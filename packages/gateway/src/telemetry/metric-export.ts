import { type HrTime, ValueType } from "@opentelemetry/api";
import { JsonMetricsSerializer, ProtobufMetricsSerializer } from "@opentelemetry/otlp-transformer";
import type { Resource } from "@opentelemetry/resources";
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type ResourceMetrics,
} from "@opentelemetry/sdk-metrics";
import type { MetricFamily } from "../metrics/index.ts";
import type { Clock } from "../runtime/index.ts";
import type { OtlpSender } from "./otlp-sender.ts";
import type { OtlpProtocol } from "./settings.ts";

export interface MetricExportOptions {
  url: string;
  protocol: OtlpProtocol;
  sender: OtlpSender;
  resource: Resource;
  version: string;
  intervalMs: number;
  clock: Clock;
  families(): Promise<MetricFamily[]>;
}

/** Sends all metrics of this node, under the names that they have on `/metrics`, as often as is set; totals since the start. */
export class MetricExport {
  readonly #options: MetricExportOptions;
  readonly #startTime: HrTime;
  #cancel = () => {};
  #sending: Promise<void> | undefined;
  #closed = false;

  constructor(options: MetricExportOptions) {
    this.#options = options;
    this.#startTime = timeOf(options.clock.now());
  }

  start(): void {
    if (this.#closed) return;
    const { clock, intervalMs } = this.#options;
    this.#cancel = clock.after(intervalMs, () => {
      // One that still hangs is not followed by another.
      void this.#send();
      this.start();
    });
  }

  /** Sends what there is by now, for the last time. */
  async flush(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    await this.#sending;
    await this.#send();
  }

  #send(): Promise<void> {
    this.#sending ??= this.#export().finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  async #export(): Promise<void> {
    const { url, protocol, sender, resource, version, clock, families } = this.#options;
    const serializer = protocol === "http/json" ? JsonMetricsSerializer : ProtobufMetricsSerializer;
    const times = { startTime: this.#startTime, endTime: timeOf(clock.now()) };
    const metrics = (await families()).flatMap((family) => metricOf(family, times) ?? []);
    const request: ResourceMetrics = { resource, scopeMetrics: [{ scope: { name: "agentgate", version }, metrics }] };
    const points = metrics.reduce((sum, { dataPoints }) => sum + dataPoints.length, 0);
    const body = serializer.serializeRequest(request);
    if (!body) return;
    await sender.send("metrics", url, body, points, (answer) =>
      Number(serializer.deserializeResponse(answer).partialSuccess?.rejectedDataPoints ?? 0),
    );
  }
}

interface Times {
  startTime: HrTime;
  endTime: HrTime;
}

/** A value as the metrics library tells it. */
interface Sample {
  value: number;
  labels: Record<string, string | number>;
  metricName?: string;
}

function metricOf(family: MetricFamily, times: Times): MetricData | undefined {
  const samples = family.values as readonly Sample[];
  const { name } = family;
  const descriptor = { name, description: family.help, unit: unitOf(name), valueType: ValueType.DOUBLE };
  const aggregationTemporality = AggregationTemporality.CUMULATIVE;
  // The library's types call it an enumeration, and it is the word.
  const type = `${family.type}`;
  if (type === "histogram") {
    const dataPointType = DataPointType.HISTOGRAM;
    return { descriptor, aggregationTemporality, dataPointType, dataPoints: histogramsOf(name, samples, times) };
  }
  const dataPoints = samples
    .filter(({ value }) => Number.isFinite(value))
    .map(({ labels, value }) => ({ ...times, attributes: labels, value }));
  return type === "counter"
    ? { descriptor, aggregationTemporality, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
    : { descriptor, aggregationTemporality, dataPointType: DataPointType.GAUGE, dataPoints };
}

/** Prometheus' cumulative buckets, one sample each, as one point with a count for each bucket. */
function histogramsOf(name: string, samples: readonly Sample[], times: Times) {
  const points = new Map<string, { labels: Sample["labels"]; bounds: number[]; totals: number[]; sum: number }>();
  for (const { metricName, labels, value } of samples) {
    const { le, ...own } = labels;
    const key = JSON.stringify(own);
    let point = points.get(key);
    if (!point) {
      point = { labels: own, bounds: [], totals: [], sum: 0 };
      points.set(key, point);
    }
    if (metricName === `${name}_sum`) point.sum = value;
    else if (le !== undefined) {
      if (le !== "+Inf") point.bounds.push(Number(le));
      point.totals.push(value);
    }
  }
  return [...points.values()].map(({ labels, bounds, totals, sum }) => ({
    ...times,
    attributes: labels,
    value: {
      buckets: { boundaries: bounds, counts: totals.map((total, index) => total - (totals[index - 1] ?? 0)) },
      sum,
      count: totals.at(-1) ?? 0,
    },
  }));
}

/** The unit that the name ends in, as UCUM spells it. */
function unitOf(name: string): string {
  const plainName = name.replace(/_total$/, "");
  if (plainName.endsWith("_seconds")) return "s";
  if (plainName.endsWith("_bytes")) return "By";
  return plainName.endsWith("_ratio") ? "1" : "";
}

const timeOf = (ms: number): HrTime => [Math.floor(ms / 1_000), Math.round((ms % 1_000) * 1e6)];
