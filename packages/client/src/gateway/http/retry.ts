import type { GatewayError } from "../errors/index.ts";
import type { GatewayRequest } from "./request.ts";

const PAUSE_MS = 250;
const PAUSE_MS_MAX = 8_000;

/**
 * How long to wait, in milliseconds, until a request is sent again; undefined when that is not safe.
 *
 * - The gateway refused it for now, and says when to come back (429, 503): nothing was done.
 * - A request with this Idempotency-Key is under way (409): its answer can be had.
 * - Nobody knows what became of it (no answer, or a proxy's): only of what may be done twice, or is done once by its Idempotency-Key.
 *
 * @param random from 0 to below 1
 */
export function retryPause(
  { code, status = 0, retryAfterSeconds }: GatewayError,
  { method = "GET", headers }: Pick<GatewayRequest, "method" | "headers">,
  attempt: number,
  random: number,
): number | undefined {
  const isKeyed = headers?.["idempotency-key"] !== undefined;
  const isRepeatable = isKeyed || /^(?:GET|PUT|DELETE)$/.test(method);
  const isRefused =
    (status === 429 || status === 503 || (status === 409 && isKeyed)) && retryAfterSeconds !== undefined;
  const isUnknown = code === "unreachable" || code === "http_429" || /^http_50[234]$/.test(code);
  if (!isRefused && !(isRepeatable && isUnknown)) return undefined;
  return (retryAfterSeconds ?? 0) * 1000 + Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** attempt) * (0.5 + random);
}
