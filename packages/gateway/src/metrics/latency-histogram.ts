/** Buckets per doubling; a percentile is at most half a bucket off: 1/32, about 3 %. */
const STEPS = 16;
const STEPS_LOG2 = 4;
/** 2^31 µs, about 36 minutes; anything longer counts as this. */
const MICROS_MAX = 2 ** 31 - 1;
const BUCKETS = (31 - STEPS_LOG2 + 1) * STEPS;

/**
 * Latencies in buckets that grow with the value (16 to each doubling), so memory is fixed and percentiles are off by at
 * most 1/32 of the true value, or half a microsecond below 16 µs. Sum and count are exact.
 */
export class LatencyHistogram {
  readonly #counts = new Float64Array(BUCKETS);
  #count = 0;
  #sumMs = 0;

  get count(): number {
    return this.#count;
  }

  get sumMs(): number {
    return this.#sumMs;
  }

  get averageMs(): number {
    return this.#count === 0 ? 0 : this.#sumMs / this.#count;
  }

  record(latencyMs: number): void {
    const micros = Math.min(Math.max(latencyMs * 1000, 0), MICROS_MAX) | 0;
    this.#counts[bucketOf(micros)]! += 1;
    this.#count += 1;
    this.#sumMs += latencyMs;
  }

  /** The smallest latency that at least this `fraction` of the recorded ones do not exceed; 0 when there are none. */
  percentileMs(fraction: number): number {
    let left = Math.max(1, Math.ceil(fraction * this.#count));
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      left -= this.#counts[bucket]!;
      if (left <= 0) return middleOf(bucket) / 1000;
    }
    return 0;
  }
}

/** Below 16 µs one bucket per microsecond, above by the highest bit and the four that follow it. */
function bucketOf(micros: number): number {
  if (micros < STEPS) return micros;
  const shift = 31 - Math.clz32(micros) - STEPS_LOG2;
  return shift * STEPS + (micros >>> shift);
}

function middleOf(bucket: number): number {
  if (bucket < STEPS) return bucket + 0.5;
  const shift = Math.floor(bucket / STEPS) - 1;
  return ((bucket % STEPS) + STEPS + 0.5) * 2 ** shift;
}
