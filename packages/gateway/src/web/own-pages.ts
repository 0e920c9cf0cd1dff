import type { FastifyRequest } from "fastify";
import { Problem } from "../http/index.ts";
import type { SessionPlace } from "./session-cookie.ts";

/** What scripts of the gateway's own pages send with whatever changes something: no form can, and no other site's script may. */
export const WEB_HEADER = "x-agentgate-web";

type Heads = Pick<FastifyRequest, "headers" | "method">;

const readsOnly = ({ method }: Heads): boolean => method === "GET" || method === "HEAD";

/** Why a request with a session does not come from the gateway's own pages; undefined for one that does. */
export function strangerOf(request: Heads, place: SessionPlace): string | undefined {
  const { headers } = request;
  const site = headers["sec-fetch-site"];
  if (!readsOnly(request)) {
    if (headers[WEB_HEADER] === undefined) return "the header X-AgentGate-Web is missing";
    return strangerFormOf(request, place);
  }
  // A link from elsewhere is followed signed in; what a page elsewhere loads is not. Browsers say which it is.
  if (site === undefined || site === "same-origin" || site === "none") return undefined;
  const isFollowed = headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document";
  return isFollowed ? undefined : "it comes from a page of another origin";
}

/** The same of a form, which has no headers of its own. */
export function strangerFormOf({ headers }: Heads, { origin }: SessionPlace): string | undefined {
  if (headers.origin !== origin) return `its Origin is not ${origin}`;
  return headers["sec-fetch-site"] === "same-origin" ? undefined : "its Sec-Fetch-Site is not same-origin";
}

/** @throws Problem 403 when there is a reason */
export function demandOwnPage(reason: string | undefined): void {
  if (reason === undefined) return;
  throw new Problem(403, `Sessions are for the gateway's own pages, and this request is of none: ${reason}`, {
    code: "not_own_page",
  });
}
