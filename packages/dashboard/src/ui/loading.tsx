import { useEffect, useState } from "react";
import { en } from "../messages/en.ts";

const AFTER_MS = 150;

/** Lines of about the final geometry, when it takes long enough to be noticed. What comes after it waits, so that nothing moves. */
export function Loading({ rows = 6 }: { rows?: number }) {
  const [shows, setShows] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShows(true), AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div role="status" data-loading className={shows ? "" : "invisible"}>
      <span className="spoken">{en.loading}</span>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
        <div key={row} className="flex h-8 items-center border-line border-b">
          <div className="h-2 w-full bg-sunken" />
        </div>
      ))}
    </div>
  );
}
