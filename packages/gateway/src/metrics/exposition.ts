/** One metric with its samples, in the vocabulary both text formats share. */
export interface MetricFamily {
  /** Without the `_total` of a counter. */
  name: string;
  type: "counter" | "gauge" | "histogram" | "summary";
  help: string;
  samples: Sample[];
}

export interface Sample {
  /** `_bucket`, `_sum` or `_count`; what a counter's samples end in is not part of it. */
  suffix?: string;
  labels?: Record<string, string>;
  value: number;
}

export type TextFormat = "prometheus" | "openmetrics";

export const contentTypes: Record<TextFormat, string> = {
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/**
 * Writes the Prometheus text format 0.0.4 or OpenMetrics 1.0. They differ in the name that stands over a counter, in the
 * escaping of help texts, and in the end mark.
 */
export function renderExposition(families: readonly MetricFamily[], format: TextFormat): string {
  const text = families.map((family) => renderFamily(family, format)).join("");
  return format === "openmetrics" ? `${text}# EOF\n` : text;
}

function renderFamily({ name, type, help, samples }: MetricFamily, format: TextFormat): string {
  const counterSuffix = type === "counter" ? "_total" : "";
  const title = format === "openmetrics" ? name : name + counterSuffix;
  const lines = [
    `# HELP ${title} ${format === "openmetrics" ? escapeLabel(help) : escapeHelp(help)}`,
    `# TYPE ${title} ${type}`,
    ...samples.map(
      ({ suffix = counterSuffix, labels = {}, value }) =>
        `${name}${suffix}${renderLabels(labels)} ${renderValue(value)}`,
    ),
  ];
  return `${lines.join("\n")}\n`;
}

function renderLabels(labels: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length ? `{${pairs.join(",")}}` : "";
}

function renderValue(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return `${value}`;
}

const escapeHelp = (text: string) => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
const escapeLabel = (text: string) => escapeHelp(text.toWellFormed()).replaceAll('"', '\\"');
