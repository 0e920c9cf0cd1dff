import {
  Counter,
  Gauge,
  Histogram,
  type HistogramConfiguration,
  Registry,
  type RegistryContentType,
} from "prom-client";
import type { AddGauge, LabelledValue } from "../runtime/index.ts";

export type TextFormat = "prometheus" | "openmetrics";

export const contentTypes: Record<TextFormat, string> = {
  prometheus: Registry.PROMETHEUS_CONTENT_TYPE,
  openmetrics: Registry.OPENMETRICS_CONTENT_TYPE,
};

/** A metric with its values, whatever the format. */
export type MetricFamily = Awaited<ReturnType<Registry["getMetricsAsJSON"]>>[number];

type Metric = Counter | Gauge | Histogram;

/** Help texts stand in both formats as they are: OpenMetrics would have quotes escaped, the other not. */
const HELP = /^[^"\\\n]+$/;

/** All metrics of this node. Numbers that rooms keep anyway are read when somebody asks; only histograms are told of each value. */
export class MetricRegistry {
  readonly #registries: Record<TextFormat, Registry<RegistryContentType>> = {
    prometheus: new Registry<RegistryContentType>(),
    openmetrics: new Registry<RegistryContentType>(),
  };
  readonly #names = new Map<Metric, string>();
  readonly #reads = new Map<string, () => number | readonly LabelledValue[]>();

  constructor() {
    this.#registries.openmetrics.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  }

  /** @throws Error when the name is taken or no metric name */
  readonly gauge: AddGauge = (
    name: string,
    help: string,
    read: () => number | readonly LabelledValue[],
    labelNames: readonly string[] = [],
  ) => {
    this.#reads.set(name, read);
    const isCounter = name.endsWith("_total");
    const metric = isCounter
      ? new Counter(configOf(name, help, labelNames))
      : new Gauge(configOf(name, help, labelNames));
    const set = (labels: Record<string, string>, value: number) => {
      if (metric instanceof Gauge) metric.set(labels, value);
      else if (value >= 0 && Number.isFinite(value)) metric.inc(labels, value);
    };
    this.#add(metric, name, () => {
      metric.reset();
      // Without labels the library shows a zero of its own.
      if (labelNames.length === 0) metric.remove();
      // One room's broken metric must not blind the others.
      try {
        const found = read();
        if (typeof found === "number") set({}, found);
        else for (const { labels, value } of found) set(wellFormed(labels), value);
      } catch {
        metric.reset();
        if (labelNames.length === 0) metric.remove();
      }
    });
  };

  /** What a gauge without labels says now, whose scrapes that does not disturb; undefined when there is none, or it is broken. */
  readonly valueOf = (name: string): number | undefined => {
    try {
      const found = this.#reads.get(name)?.();
      return typeof found === "number" ? found : undefined;
    } catch {
      return undefined;
    }
  };

  /** @throws Error when the name is taken or no metric name */
  histogram<L extends string>(
    name: string,
    help: string,
    config: Pick<HistogramConfiguration<L>, "labelNames" | "buckets" | "enableExemplars">,
  ): Histogram<L> {
    const histogram = new Histogram<L>({ ...configOf(name, help, []), ...config } as HistogramConfiguration<L>);
    this.#add(histogram as unknown as Histogram, name);
    return histogram;
  }

  /** Everything, in a text format. */
  text(format: TextFormat): Promise<string> {
    // The library's OpenMetrics takes `_total` off the names themselves; they are read before anything is waited for.
    for (const [metric, name] of this.#names) (metric as unknown as { name: string }).name = name;
    return this.#registries[format].metrics();
  }

  /** Everything, for other formats. */
  async families(): Promise<MetricFamily[]> {
    for (const [metric, name] of this.#names) (metric as unknown as { name: string }).name = name;
    return await this.#registries.prometheus.getMetricsAsJSON();
  }

  #add(metric: Metric, name: string, collect?: () => void): void {
    if (this.#registries.prometheus.getSingleMetric(name)) throw new Error(`metric ${name} exists already`);
    if (collect) (metric as unknown as { collect: () => void }).collect = collect;
    for (const registry of Object.values(this.#registries)) registry.registerMetric(metric);
    this.#names.set(metric, name);
  }
}

function configOf(name: string, help: string, labelNames: readonly string[]) {
  if (!/^[a-z_][a-z0-9_]*$/.test(name)) throw new Error(`not a metric name: ${name}`);
  if (!HELP.test(help)) throw new Error(`not a help text: ${help}`);
  return { name, help, labelNames: [...labelNames], registers: [] };
}

/** No text format can say what is not Unicode. */
const wellFormed = (labels: LabelledValue["labels"]): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, value.toWellFormed()]));
