const DECIMALS = 2;
const DECIMALS_MAX = 6;
/** A space that no line breaks at. */
const SPACE = "\u00a0";

/**
 * How many of how many, in hundredths: `99.93 %`. Never 100 where one is missing, and never 0 where there is one: digits are added, and
 * where six say nothing either, `> 99.999999 %`. Nothing of nothing is undefined.
 */
export function formatPercent(part: number | bigint, whole: number | bigint): string | undefined {
  const [some, all] = [BigInt(part), BigInt(whole)];
  if (all <= 0n || some < 0n || some > all) return undefined;
  if (some === 0n || some === all) return `${some === 0n ? 0 : 100}${SPACE}%`;
  for (let decimals = DECIMALS; decimals <= DECIMALS_MAX; decimals++) {
    const unit = 10n ** BigInt(decimals);
    // Rounded half up.
    const rounded = (2n * some * 100n * unit + all) / (2n * all);
    if (rounded === 0n || rounded === 100n * unit) continue;
    const fraction = (rounded % unit).toString().padStart(decimals, "0");
    return `${rounded / unit}.${fraction}${SPACE}%`;
  }
  return some * 2n > all ? `>${SPACE}99.999999${SPACE}%` : `<${SPACE}0.000001${SPACE}%`;
}
