import { fetchFailure } from "../fetch-failure.ts";
import { urlOf } from "./addresses.ts";
import { ConnectionError } from "./errors.ts";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Time and chance, replaceable in tests. */
export interface Timing {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`, rejects with the signal's reason when that aborts first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** From 0 to below 1. */
  random(): number;
}

export interface Outgoing {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers: Record<string, string>;
  readonly body: string | null;
  /** Whether the request may be sent again when nobody knows if the first one took effect. */
  readonly repeatable: boolean;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

const redirectsMax = 3;
const retryAfterMsMax = 30_000;

/**
 * Sends a request, again if `repeatable` and the status allow, and hands the reply to `read`, whatever its status. The
 * deadline covers all of it; `signal` also ends a body that `read` leaves open.
 *
 * @throws {@link ConnectionError}
 */
export type Send = <T>(request: Outgoing, read: (response: Response) => T | Promise<T>) => Promise<T>;

/** Deadlines, same-origin redirects, retries. Knows nothing of manifests and sessions. */
export function sender(fetch: Fetch, timing: Timing, retriesMax: number): Send {
  return async ({ signal: cancelled, timeoutMs, ...request }, read) => {
    const { host } = request.url;
    const deadline = new AbortController();
    const timer = setTimeout(() => {
      deadline.abort(new ConnectionError("timeout", `${host} did not answer within ${timeoutMs} ms`));
    }, timeoutMs);
    const signal = cancelled ? AbortSignal.any([cancelled, deadline.signal]) : deadline.signal;
    try {
      for (let attempt = 0; ; attempt++) {
        const mayRetry = attempt < retriesMax;
        let waitMs = 0;
        try {
          const response = await follow(fetch, request, signal);
          const { status, headers } = response;
          waitMs = Number(headers.get("retry-after")) * 1000 || 0;
          // 429 did not run; a 409 with Retry-After runs right now, and the idempotency key will find its result.
          const retry =
            status === 429 || (status === 409 && waitMs) || (request.repeatable && status > 501 && status < 505);
          if (!mayRetry || !retry || waitMs > retryAfterMsMax) return await read(response);
          await response.body?.cancel();
        } catch (error) {
          if (!mayRetry || !request.repeatable || (error as ConnectionError).code !== "network_error") throw error;
        }
        await timing.sleep(waitMs + 200 * 2 ** attempt * (0.5 + timing.random()), signal);
      }
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      clearTimeout(timer);
    }
  };
}

async function follow(
  fetch: Fetch,
  { method, headers, body, url }: Pick<Outgoing, "method" | "headers" | "body" | "url">,
  signal: AbortSignal,
): Promise<Response> {
  for (let hop = 0; ; hop++) {
    signal.throwIfAborted();
    const response = await fetch(url.href, { method, headers, body, redirect: "manual", signal }).catch((cause) => {
      throw new ConnectionError("network_error", `${url.host} cannot be reached: ${fetchFailure(cause)}`, { cause });
    });
    const { status, type } = response;
    if (type !== "opaqueredirect" && !/30[12378]/.test(`${status}`)) return response;

    await response.body?.cancel();
    const next = urlOf(response.headers.get("location") ?? "", url);
    // Only 307 and 308 keep a POST a POST. A browser hides where a redirect leads.
    if (next?.origin !== url.origin || (body && status < 307) || hop === redirectsMax) {
      const message = `${url} redirects to ${next}: off the site, or too often`;
      throw new ConnectionError("redirect_refused", message, { status });
    }
    url = next;
  }
}
