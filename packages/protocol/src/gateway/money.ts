/** An amount of money in micro-dollars: 1 USD = 1_000_000n. The only form in which money is ever computed. */
export type MicroDollars = bigint;

const MICROS_PER_DOLLAR = 1_000_000n;

/**
 * The largest amount that a JSON number renders exactly to the micro-dollar (4 billion USD): below 2^32 dollars
 * neighbouring doubles lie closer together than one micro-dollar.
 */
export const MICRO_DOLLARS_MAX: MicroDollars = 4_000_000_000n * MICROS_PER_DOLLAR;

/**
 * Reads a JSON number of dollars, rounded to the nearest micro-dollar so that `0.1 + 0.2` means 0.3.
 * @throws RangeError when it is not finite or beyond ±4 billion dollars.
 */
export function microDollarsFromNumber(dollars: number): MicroDollars {
  if (!Number.isFinite(dollars) || Math.abs(dollars) > 4e9) throw new RangeError(`Not an amount of money: ${dollars}`);
  const [whole = "0", fraction = ""] = Math.abs(dollars).toFixed(6).split(".");
  const micros = BigInt(whole) * MICROS_PER_DOLLAR + BigInt(fraction);
  return dollars < 0 ? -micros : micros;
}

/**
 * The JSON number of dollars that prints as exactly this amount.
 * @throws RangeError beyond ±MICRO_DOLLARS_MAX, where no such number exists.
 */
export function microDollarsToNumber(micros: MicroDollars): number {
  if (micros > MICRO_DOLLARS_MAX || micros < -MICRO_DOLLARS_MAX) throw new RangeError("Amount too large for JSON");
  return Number(micros) / 1e6;
}

/** A number of JSON that no double holds, as `JSON.stringify` writes it. */
export interface RawJsonNumber {
  readonly rawJSON: string;
}

const { rawJSON } = JSON as unknown as { rawJSON?: (text: string) => RawJsonNumber };

/**
 * An amount of any size as it goes into JSON: sums may be more than any single amount. Beyond what a number renders exactly it is written
 * out, where the platform can write numbers that it cannot hold, and to the nearest number where it cannot.
 */
export function microDollarsToJson(micros: MicroDollars): number | RawJsonNumber {
  if (micros <= MICRO_DOLLARS_MAX && micros >= -MICRO_DOLLARS_MAX) return microDollarsToNumber(micros);
  return rawJSON ? rawJSON(formatMicroDollars(micros)) : Number(micros) / 1e6;
}

/** Dollars in text with four decimals or as many as the amount needs: `0.0500`, `1.000001`. */
export function formatMicroDollars(micros: MicroDollars): string {
  const sign = micros < 0n ? "-" : "";
  const magnitude = micros < 0n ? -micros : micros;
  const fraction = (magnitude % MICROS_PER_DOLLAR)
    .toString()
    .padStart(6, "0")
    .replace(/0{1,2}$/, "");
  return `${sign}${magnitude / MICROS_PER_DOLLAR}.${fraction}`;
}
