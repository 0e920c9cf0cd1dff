import type { FastifyReply, FastifyRequest } from "fastify";
import { Problem } from "../http/index.ts";
import { SESSION_TIMES } from "./session.ts";

/** Where a browser has this gateway's pages, and under which name it keeps its session there. */
export interface SessionPlace {
  readonly origin: string;
  /** The prefix has browsers take the cookie over https alone, for this host alone. */
  readonly cookie: "__Host-agentgate" | "agentgate";
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/**
 * Over https the configured public address; without one, or where it is a loopback address itself, whatever loopback address the browser
 * opened. Anywhere else a session would travel in clear text: there is no place for one.
 */
export function sessionPlaceOf(host: string | undefined, publicUrl: string | undefined): SessionPlace | undefined {
  const configured = publicUrl === undefined ? undefined : new URL(publicUrl);
  if (configured?.protocol === "https:") return { origin: configured.origin, cookie: "__Host-agentgate" };
  if (configured && !LOOPBACK.test(configured.hostname)) return undefined;
  const opened = `http://${host?.toLowerCase() ?? ""}`;
  if (!URL.canParse(opened)) return undefined;
  const { origin, hostname } = new URL(opened);
  const isPlain = opened === origin || opened === `${origin}:80`;
  return isPlain && LOOPBACK.test(hostname) ? { origin, cookie: "agentgate" } : undefined;
}

export const demandPlace = (place: SessionPlace | undefined): SessionPlace => {
  if (place) return place;
  throw new Problem(
    403,
    "Sessions need https, or a loopback address: have AGENTGATE_PUBLIC_URL name the https address that browsers open",
    { code: "sessions_need_https" },
  );
};

/** What the browser shows under this name. Shown twice, it is nobody's: somebody has put one beside it. */
export function cookieOf({ headers }: Pick<FastifyRequest, "headers">, { cookie }: SessionPlace): string | undefined {
  const values: string[] = [];
  for (const pair of headers.cookie?.split(";") ?? []) {
    const at = pair.indexOf("=");
    if (at > 0 && pair.slice(0, at).trim() === cookie) values.push(pair.slice(at + 1).trim());
  }
  return values.length === 1 ? values[0] : undefined;
}

const LONGEST_SECONDS = Number(SESSION_TIMES.longest / 1_000_000n);

/** Has the browser keep the token; without one, forget it. No script reads it, and no other site's post sends it. */
export function setCookie(reply: FastifyReply, { cookie }: SessionPlace, token: string | undefined): void {
  const secure = cookie.startsWith("__Host-") ? "; Secure" : "";
  const age = token === undefined ? 0 : LONGEST_SECONDS;
  reply.header("set-cookie", `${cookie}=${token ?? ""}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Lax${secure}`);
  reply.header("cache-control", "no-store");
}
