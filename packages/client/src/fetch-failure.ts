/** Why a `fetch` failed, in words. Node's says "fetch failed" and hides the reason in the cause. */
export function fetchFailure(error: unknown): string {
  const { message, cause } = Object(error) as { message?: string; cause?: { code?: string; message?: string } };
  return cause?.message || cause?.code || message || String(error);
}
