import { manifestPath } from "@agentgate/protocol/site";
import { ConnectionError } from "./errors.ts";

const loopback = /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * The base URL of a site from what a person wrote: without query, fragment and trailing slash, and without the manifest's own
 * path. HTTPS, or HTTP to this machine; `allowHttp` lifts that.
 *
 * @throws {@link ConnectionError} `url_refused`
 */
export function siteBase(text: string | URL, allowHttp?: boolean): URL {
  const url = urlOf(text) ?? refuse(text, "write it like https://myshop.com");
  const { protocol, hostname, origin, pathname } = url;
  if (protocol !== "https:" && !(protocol === "http:" && (allowHttp || loopback.test(hostname)))) {
    refuse(text, "neither https nor this machine, and no `allowHttp`");
  }
  return new URL(origin + pathname.replace(manifestPath, "").replace(/\/+$/, ""));
}

/**
 * The URL of a path below `base`. The path comes from a stranger's manifest, so it must start with one `/`, and the result
 * must still lie on the site: `//evil`, `@evil.test`, backslashes, control characters and `/../` above the base are not.
 *
 * @returns undefined for a path that is not below `base`
 */
export function urlBelow(base: URL, path: string): URL | undefined {
  const prefix = base.pathname.replace(/\/$/, "");
  const url = /^\/(?!\/)[^\\\s\p{Cc}]*$/u.test(path) ? new URL(prefix + path, base) : undefined;
  return url?.origin === base.origin && url.pathname.startsWith(`${prefix}/`) ? url : undefined;
}

/** Undefined for what is none. */
export const urlOf = (text: string | URL, base?: URL): URL | undefined =>
  URL.canParse(`${text}`, base?.href) ? new URL(text, base) : undefined;

export function refuse(url: string | URL, reason: string): never {
  throw new ConnectionError("url_refused", `Refused to call ${JSON.stringify(url)}: ${reason}`);
}
