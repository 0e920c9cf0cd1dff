import type { IncomingHttpHeaders } from "node:http";

/**
 * Whether a page of this origin may speak to the gateway where the browser asks nobody: over WebSockets. The configured origins and the
 * gateway's own may; programs name no origin.
 *
 * @param publicUrl how callers reach this gateway; may be empty
 */
export function mayConnect(
  { origin, host }: IncomingHttpHeaders,
  { corsOrigins, publicUrl }: { corsOrigins: readonly string[]; publicUrl: string },
): boolean {
  if (origin === undefined || corsOrigins.includes(origin)) return true;
  if (!URL.canParse(origin)) return false;
  const from = new URL(origin);
  if (from.origin !== origin) return false;
  return isOf(from, publicUrl) || (host !== undefined && isOf(from, `${from.protocol}//${host}`));
}

/** A proxy in front may speak another scheme than the gateway hears: the host and its port count. */
const isOf = (from: URL, url: string): boolean => URL.canParse(url) && new URL(url).host === from.host;
