import { useSyncExternalStore } from "react";
import type { ScaleLinear } from "./scale.ts";

/** Which times are looked at elsewhere, as by a list below a chart: it changes with each scroll, and no chart is drawn anew for it. */
export class SeenTimes {
  readonly #listeners = new Set<() => void>();
  #seen: { from: number; to: number } | undefined;

  readonly get = (): { from: number; to: number } | undefined => this.#seen;

  set(from: number, to: number): void {
    if (this.#seen?.from === from && this.#seen.to === to) return;
    this.#seen = { from, to };
    for (const listener of this.#listeners) listener();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };
}

interface SeenMarkProps {
  times: SeenTimes;
  x: ScaleLinear;
  y: number;
  left: number;
  right: number;
}

/** Where one is, under the axis. */
export function SeenMark({ times, x, y, left, right }: SeenMarkProps) {
  const seen = useSyncExternalStore(times.subscribe, times.get);
  if (!seen) return null;
  const within = (px: number) => Math.min(right, Math.max(left, px));
  const from = within(x(seen.from));
  return <rect x={from} y={y} width={Math.max(2, within(x(seen.to)) - from)} height="4" fill="var(--ink-1)" />;
}
