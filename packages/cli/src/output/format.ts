/** Dollars with two decimals, or as many as the amount has: `$1.50`, `$0.0025`. */
export function formatDollars(dollars: number): string {
  const [whole = "0", fraction = ""] = Math.abs(dollars).toFixed(6).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return `${dollars < 0 ? "-" : ""}$${grouped}.${fraction.replace(/0{1,4}$/, "")}`;
}

export const formatCount = (count: number): string => count.toLocaleString("en-US");

export const formatMilliseconds = (ms: number | null): string => (ms === null ? "" : `${ms.toFixed(1)} ms`);

/** `2026-11-21 20:00:00`, in UTC as everything the gateway says. */
export const formatTime = (timestamp: string | null): string => (timestamp ?? "").replace("T", " ").slice(0, 19);

/** `0.025` reads `2.5%`. */
export const formatShare = (fraction: number): string => `${Number((fraction * 100).toFixed(4))}%`;
