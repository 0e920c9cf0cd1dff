/** One of several values of a metric. */
export interface LabelledValue {
  /** One for each of the metric's label names; of a set of values that is bounded, and never a caller's text. */
  labels: Readonly<Record<string, string>>;
  value: number;
}

/**
 * Shows a number, or several, to whoever reads the metrics. A name that ends in `_total` is a counter's: its numbers only grow.
 *
 * @param name as Prometheus spells it, in base units, with the unit last
 * @param read asked at each reading
 */
export interface AddGauge {
  (name: string, help: string, read: () => number): void;
  (name: string, help: string, read: () => readonly LabelledValue[], labels: readonly string[]): void;
}
