import type { MicroDollars } from "../gateway/money.ts";

const MICROS_PER_DOLLAR = 1_000_000n;
const DECIMALS_MAX = 6;
const DECIMALS_MIN = 2;
/** U+2212, as wide as a plus. */
const MINUS = "−";

export interface MoneyFormat {
  /** Digits after the point; as many as the amount needs where absent, two at least. Never fewer than it needs: an amount is exact. */
  decimals?: number | undefined;
  /** Says `+` where nothing is owed. */
  signed?: boolean | undefined;
}

/** Digits after the point that an amount needs: 2 to 6. A column takes what its longest amount needs. */
export function moneyDecimals(...amounts: readonly MicroDollars[]): number {
  let decimals = DECIMALS_MIN;
  for (const amount of amounts) {
    const fraction = (amount < 0n ? -amount : amount) % MICROS_PER_DOLLAR;
    const needed = fraction.toString().padStart(DECIMALS_MAX, "0").replace(/0+$/, "").length;
    decimals = Math.max(decimals, needed);
  }
  return decimals;
}

/** An amount as people read it, exact to the last digit: `$0.0015`, `−$1,204.50`. */
export function formatMoney(amount: MicroDollars, { decimals = 0, signed = false }: MoneyFormat = {}): string {
  const magnitude = amount < 0n ? -amount : amount;
  const digits = Math.min(DECIMALS_MAX, Math.max(decimals, moneyDecimals(amount)));
  const whole = (magnitude / MICROS_PER_DOLLAR).toString().replace(/\B(?=(?:\d{3})+$)/g, ",");
  const fraction = (magnitude % MICROS_PER_DOLLAR).toString().padStart(DECIMALS_MAX, "0").slice(0, digits);
  const sign = amount < 0n ? MINUS : signed && amount > 0n ? "+" : "";
  return `${sign}$${whole}.${fraction}`;
}

/** A price of a call: `Free` where there is none. */
export const formatPrice = (price: MicroDollars, format?: MoneyFormat): string =>
  price === 0n ? "Free" : formatMoney(price, format);
