import { useEffect, useSyncExternalStore } from "react";

const SHOWN_MS = 4_000;
const listeners = new Set<() => void>();
let text = "";

function set(next: string): void {
  text = next;
  for (const listener of listeners) listener();
}

/** Says in passing what was done, as that a link was copied. What went wrong is told where it did. */
export const notify = (said: string): void => set(said);

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

export function Notice() {
  const said = useSyncExternalStore(subscribe, () => text);
  useEffect(() => {
    if (said === "") return;
    const timer = setTimeout(() => set(""), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [said]);
  return (
    <div role="status" className="pointer-events-none fixed inset-x-4 bottom-20 z-20 flex justify-center wide:bottom-6">
      {said !== "" && <p className="rounded-panel border border-edge bg-raised px-4 py-2">{said}</p>}
    </div>
  );
}
