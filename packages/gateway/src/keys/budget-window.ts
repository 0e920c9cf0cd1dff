import type { KeyBudget } from "../access/index.ts";
import type { Micros } from "../runtime/index.ts";

/** The part of time that a budget counts in. */
export interface BudgetWindow {
  /** `2026-11-30` for a day and, by its Monday, a week; `2026-11` for a month; `total`. */
  name: string;
  /** When it is over, microseconds since the epoch; null for never. */
  until: Micros | null;
}

/** The window of this date, in UTC. */
export function budgetWindow(period: KeyBudget["period"], date: Micros): BudgetWindow {
  if (period === "total") return { name: "total", until: null };
  const now = new Date(Number(date / 1000n));
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()];
  if (period === "month") return { name: iso(year, month, 1).slice(0, 7), until: at(year, month + 1, 1) };
  if (period === "day") return { name: iso(year, month, day), until: at(year, month, day + 1) };
  // Monday is the first day of a week (ISO 8601).
  const monday = day - ((now.getUTCDay() + 6) % 7);
  return { name: iso(year, month, monday), until: at(year, month, monday + 7) };
}

const iso = (...day: [number, number, number]): string => new Date(Date.UTC(...day)).toISOString().slice(0, 10);
const at = (...day: [number, number, number]): Micros => BigInt(Date.UTC(...day)) * 1000n;

/** What a key's budget is called where it is counted: a key has one for each period. */
export const budgetName = (keyId: string, { period }: Pick<KeyBudget, "period">): string => `${keyId}:${period}`;
