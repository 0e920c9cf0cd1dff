/** Dollars with two decimals, or as many as the amount has: `$1.50`, `$0.0025`. */
export function formatDollars(dollars: number): string {
  const [whole = "0", fraction = ""] = Math.abs(dollars).toFixed(6).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return `${dollars < 0 ? "-" : ""}$${grouped}.${fraction.replace(/0{1,4}$/, "")}`;
}

export const formatCount = (count: number): string => count.toLocaleString("en-US");

/** `1.2 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

export const formatMilliseconds = (ms: number | null): string => (ms === null ? "" : `${ms.toFixed(1)} ms`);

/** `2026-11-21 20:00:00`, in UTC as everything the gateway says. */
export const formatTime = (timestamp: string | null): string => (timestamp ?? "").replace("T", " ").slice(0, 19);

/** `0.025` reads `2.5%`. */
export const formatShare = (fraction: number): string => `${Number((fraction * 100).toFixed(4))}%`;
