import { InvalidArgumentError } from "commander";

/** Parsers of option values; what they refuse is a usage error. */

export const wholeNumber = (min: number, max: number) => (text: string) => {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  }
  return value;
};

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!/^\d*\.?\d+$/.test(text) || value <= 0) throw new InvalidArgumentError("It must be a number above 0.");
  return value;
}

export function dollars(text: string): number {
  const value = Number(text);
  if (!/^\d*\.?\d+$/.test(text) || !Number.isFinite(value)) {
    throw new InvalidArgumentError("It must be an amount of dollars, such as 0.05.");
  }
  return value;
}

/** `a, b` reads `["a", "b"]`; an empty text none. */
export const commaList = (text: string): string[] =>
  text
    .split(",")
    .map((item) => item.trim())
    .filter(Boolean);

export function jsonList(text: string): Record<string, unknown>[] {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value) && value.every((item) => typeof item === "object" && item !== null)) return value;
  } catch {}
  throw new InvalidArgumentError(`It must be a JSON list of objects, such as '[{"id":"chat"}]'.`);
}

const UNITS: Record<string, number> = { "": 1, s: 1, m: 60, h: 3_600, d: 86_400 };

/** A time in seconds, with or without its unit. */
export const duration = (min: number, max: number) => (text: string) => {
  const [, count, unit = ""] = /^(\d{1,9})([smhd]?)$/.exec(text) ?? [];
  const seconds = Number(count) * UNITS[unit]!;
  if (count === undefined || seconds < min || seconds > max) {
    throw new InvalidArgumentError(`It must be a time of ${min} to ${max} s, such as 3600, 90m, 12h or 30d.`);
  }
  return seconds;
};

/** A calendar month, `2026-11`. */
export function monthOf(text: string): string {
  if (/^20\d\d-(0[1-9]|1[0-2])$/.test(text)) return text;
  throw new InvalidArgumentError("It must be a month such as 2026-11.");
}
