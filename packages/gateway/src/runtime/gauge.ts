/**
 * Shows a number to whoever reads the metrics.
 *
 * @param name as Prometheus spells it, with the unit last
 * @param read asked at each reading
 */
export type AddGauge = (name: string, help: string, read: () => number) => void;
