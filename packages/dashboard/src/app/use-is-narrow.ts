import { useSyncExternalStore } from "react";

/** As the style sheet has it: below, rows are slips of two lines. */
const narrow = matchMedia("(width < 45rem)");
const subscribe = (listener: () => void) => {
  narrow.addEventListener("change", listener);
  return () => narrow.removeEventListener("change", listener);
};

export const useIsNarrow = (): boolean => useSyncExternalStore(subscribe, () => narrow.matches);
