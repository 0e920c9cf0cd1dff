import { webFetch } from "./web-fetch.ts";

const LOOK_EVERY_MS = 3_000;
let waiting: Promise<void> | undefined;

/** Waits until a gateway answers again: whoever waits shares the looks. */
export function untilReached(): Promise<void> {
  waiting ??= look().finally(() => {
    waiting = undefined;
  });
  return waiting;
}

async function look(): Promise<void> {
  do await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  while (!(await isReached()));
}

/** Whether a gateway answers, and not what is in front of it. */
export const isReached = (): Promise<boolean> =>
  webFetch("/health", { cache: "no-store" }).then(
    ({ ok }) => ok,
    () => false,
  );
