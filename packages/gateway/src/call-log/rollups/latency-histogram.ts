/**
 * Times are counted in bins whose bounds grow by a tenth: each time is told within 4.8 % of what it was, and counts of any number of
 * nodes, minutes and agents add up. (After Masson, Rim and Lee, DDSketch, VLDB 2019.)
 */
const GROWTH = 1.1;
const LOG_GROWTH = Math.log(GROWTH);
/** About a month; more is told as that. */
const BIN_MAX = 300;

/** Counts by bin. */
export type Histogram = Map<number, number>;

/** No times. */
export const EMPTY = "{}";

const binOf = (micros: number): number =>
  micros <= 1 ? 0 : Math.min(BIN_MAX, Math.ceil(Math.log(micros) / LOG_GROWTH - 1e-9));

/** From both bounds of its bin equally far, in proportion. */
const middleOf = (bin: number): number => (bin === 0 ? 1 : (2 * GROWTH ** bin) / (1 + GROWTH));

export function countTime(histogram: Histogram, micros: number): void {
  const bin = binOf(micros);
  histogram.set(bin, (histogram.get(bin) ?? 0) + 1);
}

/** Adds the counts of a histogram's text. */
export function addText(histogram: Histogram, text: string): void {
  if (text === EMPTY) return;
  const counts = JSON.parse(text) as Record<string, number>;
  for (const bin in counts) histogram.set(Number(bin), (histogram.get(Number(bin)) ?? 0) + counts[bin]!);
}

/** As it is stored: a JSON object of counts by bin, which both databases can add up. */
export function toText(histogram: Histogram): string {
  if (histogram.size === 0) return EMPTY;
  const counts: Record<number, number> = {};
  for (const [bin, count] of histogram) counts[bin] = count;
  return JSON.stringify(counts);
}

/** The times that are counted, as they are told, with how often: microseconds, each within 4.8 %. */
export function* timesOf(histogram: Histogram): Generator<[micros: number, count: number]> {
  for (const [bin, count] of histogram) yield [middleOf(bin), count];
}

/**
 * The times below which these shares of all lie, by the nearest rank: microseconds, each within 4.8 %; null where no time is known.
 *
 * @param shares ascending, from 0 to 1
 */
export function percentiles(histogram: Histogram, shares: readonly number[]): (number | null)[] {
  const bins = [...histogram].sort(([a], [b]) => a - b);
  const total = bins.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return shares.map(() => null);
  let [at, passed] = [0, bins[0]![1]];
  return shares.map((share) => {
    const rank = Math.max(1, Math.ceil(share * total));
    while (passed < rank) passed += bins[++at]![1];
    return middleOf(bins[at]![0]);
  });
}
