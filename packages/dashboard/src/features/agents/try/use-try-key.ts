import { useEffect, useMemo } from "react";
import { TryKey, type TryKeyTerms } from "./try-key.ts";

/** A key for as long as the component stands, the page is not left, and its terms are the same. */
export function useTryKey({ agent: { id, price_per_task }, orgId }: TryKeyTerms): TryKey {
  const key = useMemo(() => new TryKey({ agent: { id, price_per_task }, orgId }), [id, price_per_task, orgId]);
  useEffect(() => {
    const leave = () => key.revoke();
    addEventListener("pagehide", leave);
    return () => {
      removeEventListener("pagehide", leave);
      key.revoke();
    };
  }, [key]);
  return key;
}
