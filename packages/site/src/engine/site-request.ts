import type { AuthRequest } from "../auth/auth-policy.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { SiteError } from "../exchange/site-error.ts";
import type { Site } from "./site.ts";

/**
 * A request as auth policies and verifiers see it. A class, because every literal that has a getter gets a hidden class of
 * its own, which keeps all that the getter sees in memory until the next full collection.
 */
export class SiteRequest implements AuthRequest {
  readonly method: string;
  readonly path: string;
  readonly siteName: string;
  /** Bound, as policies may take it out of the request. */
  readonly header: (name: string) => string | undefined;
  readonly #site: Site;
  readonly #exchange: Exchange;

  constructor(site: Site, exchange: Exchange) {
    this.method = exchange.method;
    this.path = exchange.path;
    this.siteName = site.title;
    this.header = (name) => exchange.header(name);
    this.#site = site;
    this.#exchange = exchange;
  }

  get baseUrl(): string {
    return baseUrlOf(this.#site, this.#exchange);
  }
}

/** Never from a host that the caller chose, except on the developer's own machine. @throws SiteError `not_found` */
export function baseUrlOf({ baseUrl }: Site, exchange: Exchange): string {
  if (baseUrl) return baseUrl;
  const host = exchange.header("host") ?? "";
  if (/^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i.test(host)) return `http://${host.toLowerCase()}`;
  throw new SiteError("not_found", "This site is not reached under that host. Its operator has to set baseUrl.");
}
