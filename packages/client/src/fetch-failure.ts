/** Why a `fetch` failed, in words. Node's says "fetch failed" and hides the reason in the cause. */
export function fetchFailure(error: unknown): string {
  const { message, cause } = Object(error) as { message?: string; cause?: { code?: string; message?: string } };
  // Such a message holds the value, which may be the key.
  if (/header.*value/is.test(message ?? "")) return "a header cannot hold the key, or what else it is given";
  return cause?.message || cause?.code || message || String(error);
}
