import { useRef, useSyncExternalStore } from "react";
import { gatewayNow } from "./gateway-clock.ts";

const EVERY_MS = 5_000;
const listeners = new Set<() => void>();
let now = gatewayNow();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) now = gatewayNow();
  timer ??= setInterval(() => {
    now = gatewayNow();
    for (const each of listeners) each();
  }, EVERY_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The time, moving on every few seconds: one timer for the whole page. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => now);

/** The time in whole grains, so that what depends on it is asked for once in each; it stands still while it is held. */
export function useGrainedNow(grainMs: number, isHeld = false): number {
  const now = Math.floor(useNow() / grainMs) * grainMs;
  const shown = useRef(now);
  if (!isHeld) shown.current = now;
  return shown.current;
}
