/** What several trials of one figure came to. Nothing is discarded. */
export interface Summary {
  median: number;
  min: number;
  max: number;
}

export function summarize(trials: readonly number[]): Summary {
  return { median: quantile(trials, 0.5), min: Math.min(...trials), max: Math.max(...trials) };
}

/** The value below which a `fraction` of the samples lies, interpolated between neighbours; NaN when there are none. */
export function quantile(samples: ArrayLike<number>, fraction: number): number {
  const sorted = Float64Array.from(samples).sort();
  const position = fraction * (sorted.length - 1);
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? Number.NaN;
  return below + (above - below) * (position - Math.floor(position));
}

/** By how much `samples`, taken at equal intervals, grow from one to the next: the slope of the straight line that fits best (least squares). */
export function growthPerSample(samples: readonly number[]): number {
  const middle = (samples.length - 1) / 2;
  const weighted = samples.reduce((sum, sample, at) => sum + (at - middle) * sample, 0);
  return weighted / samples.reduce((sum, _, at) => sum + (at - middle) ** 2, 0);
}
