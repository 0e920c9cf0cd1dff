import type { FastifyRequest } from "fastify";
import { mayConnect, Problem } from "../../http/index.ts";

export interface GuardOptions {
  /** What the gateway listens on. */
  host: string;
  corsOrigins: readonly string[];
  /** How callers reach this gateway. */
  publicUrl(): string;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|::1)$/i;

/** What clients on this machine mostly call it, which needs no parser of URLs. */
const LOOPBACK_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/;

/**
 * Pages of other origins speak to no MCP server, also where a browser would let them: one on this machine is reached by names that lead to
 * it by intention of a page alone (DNS rebinding). Programs send no origin.
 *
 * @throws Problem 403
 */
export function demandOwnOrigin(request: FastifyRequest, { host, corsOrigins, publicUrl }: GuardOptions): void {
  const { headers } = request;
  const isLocal = LOOPBACK.test(host);
  // Of programs that come by a name of this machine there is no more to ask.
  if (headers.origin === undefined && (!isLocal || LOOPBACK_HOST.test(headers.host ?? ""))) return;
  const url = publicUrl();
  if (isLocal) {
    const name = hostnameOf(headers.host);
    if (name === undefined || !(LOOPBACK.test(name) || name === hostnameIn(url))) throw foreign("Host");
    // Whatever name the page came by, it is not this machine's own.
    const origin = headers.origin === undefined ? undefined : hostnameIn(headers.origin);
    if (origin !== undefined && LOOPBACK.test(origin) && mayConnect(headers, { corsOrigins, publicUrl: url })) return;
  }
  if (!mayConnect(headers, { corsOrigins, publicUrl: url })) throw foreign("Origin");
}

const foreign = (header: string) =>
  new Problem(403, `Requests with this ${header} are not answered`, { code: "foreign_origin" });

const hostnameOf = (host: string | undefined): string | undefined =>
  host === undefined ? undefined : hostnameIn(`http://${host}`);

const hostnameIn = (url: string): string | undefined => (URL.canParse(url) ? new URL(url).hostname : undefined);
