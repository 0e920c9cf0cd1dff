import { exceededBound } from "../exchange/json-bounds.ts";
import { readBounded } from "../exchange/read-bounded.ts";

/** Hundreds of keys with their certificates. */
const keySetBytesMax = 1_048_576;
/** After a failure nobody asks again for so long; those who come get the same failure. */
const cooldownMs = 5_000;

/** A `fetch` for a key set: its answer is bounded, and an issuer in trouble is asked once in a while, not for every token. */
export function keySetFetch(send: typeof fetch, now: () => number = Date.now) {
  let failure: { readonly at: number; readonly error: unknown } | undefined;
  return async (url: string, init: RequestInit): Promise<Response> => {
    if (failure && Math.abs(now() - failure.at) < cooldownMs) throw failure.error;
    try {
      const response = await send(url, init);
      if (response.status !== 200) {
        await response.body?.cancel();
        throw new Error(`${url} answered ${response.status} instead of a key set`);
      }
      const text = await readBounded(response, keySetBytesMax);
      const keySet = exceededBound(text) ? undefined : (JSON.parse(text) as { readonly keys?: unknown } | null);
      if (!Array.isArray(keySet?.keys)) throw new Error(`${url} answered something else than a key set`);
      failure = undefined;
      return Response.json(keySet);
    } catch (error) {
      failure = { at: now(), error };
      throw error;
    }
  };
}
