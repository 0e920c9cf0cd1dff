import { useEffect, useSyncExternalStore } from "react";

const SHOWN_MS = 4_000;

interface Said {
  text: string;
  /** What it is said for, where that is not a moment. */
  during?: Promise<void>;
}

const listeners = new Set<() => void>();
let said: Said = { text: "" };

function set(next: Said): void {
  said = next;
  for (const listener of listeners) listener();
}

/** Says in passing what was done, as that a link was copied. What went wrong is told where it did. */
export const notify = (text: string): void => set({ text });

/** Says what is waited for until it is there. */
export async function notifyUntil(text: string, during: Promise<void>): Promise<void> {
  set({ text, during });
  await during;
  if (said.during === during) set({ text: "" });
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

export function Notice() {
  const { text, during } = useSyncExternalStore(subscribe, () => said);
  useEffect(() => {
    if (text === "" || during) return;
    const timer = setTimeout(() => set({ text: "" }), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [text, during]);
  return (
    <div role="status" className="pointer-events-none fixed inset-x-4 bottom-20 z-20 flex justify-center wide:bottom-6">
      {text !== "" && <p className="rounded-panel border border-edge bg-raised px-4 py-2">{text}</p>}
    </div>
  );
}
