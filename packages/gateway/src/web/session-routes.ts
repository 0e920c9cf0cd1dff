import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { actions, limitsOf, orgOf, scopeOf } from "../access/index.ts";
import { headerKey, type Principal, type RouteDefinition, route, shownKeyHash } from "../http/index.ts";
import { renderTimestamp } from "../runtime/index.ts";
import { demandOwnPage, strangerOf } from "./own-pages.ts";
import type { Session } from "./session.ts";
import { demandPlace, sessionPlaceOf, setCookie } from "./session-cookie.ts";
import { type SessionFinder, sessionEnded } from "./session-finder.ts";
import type { Sessions } from "./sessions.ts";
import type { SignIn } from "./sign-in.ts";

export interface SessionFaceOptions {
  sessions: Sessions;
  finder: SessionFinder;
  signIn: SignIn;
  /** As configured. */
  publicUrl: string | undefined;
  /** The address of the page that uses a new code of the key with this hash. */
  linkFor(keyHash: string, seconds: number): Promise<string>;
}

/** How long a link that was asked for can be used. */
const LINK_SECONDS = 60;

const tag = { name: "Sessions", description: "What the gateway's own pages are signed in with" };

const credentials = z
  .object({
    key: headerKey().min(1).max(4096).optional().describe("The admin key or an organization's"),
    code: z.string().max(128).optional().describe("Of a sign-in link"),
  })
  .refine(({ key, code }) => (key === undefined) !== (code === undefined), {
    error: "Send either key or code",
  })
  .meta({ id: "SessionCredentials" });

const wireSession = z
  .object({
    kind: z.enum(["admin", "org"]),
    org_id: z.uuid().nullable(),
    org_name: z.string().nullable(),
    expires_at: z.iso.datetime().describe("When it ends unless it is used before"),
  })
  .meta({ id: "Session" });

const wireLink = z
  .object({ url: z.url().describe("Signs in whoever opens it, once"), expires_in: z.int().describe("Seconds") })
  .meta({ id: "SignInLink" });

/** Begins, tells and ends sessions. */
export function sessionRoutes(options: SessionFaceOptions): RouteDefinition[] {
  const { sessions, finder, signIn, publicUrl, linkFor } = options;
  const placeOf = ({ headers }: FastifyRequest) => demandPlace(sessionPlaceOf(headers.host, publicUrl));
  const wire = async (caller: Principal, { endsAt }: Session) => {
    const orgId = orgOf(caller) ?? null;
    return {
      kind: orgId === null ? ("admin" as const) : ("org" as const),
      org_id: orgId,
      org_name: (await signIn.orgNameOf(caller)) ?? null,
      expires_at: renderTimestamp(endsAt),
    };
  };
  return [
    route({
      method: "POST",
      path: "/session",
      action: actions.readHealth,
      tag,
      operationId: "createSession",
      summary: "Sign a browser in",
      description:
        "For the gateway's own pages: a cookie that no script reads, in place of the key. It may do what the key may, but call agents; it ends with the key, after 12 hours without use, and after a week.",
      body: credentials,
      bodyExample: { key: "ag_org_0123456789" },
      bodyBytesMax: 16_384,
      responses: {
        200: { description: "Signed in: the cookie comes with it", schema: wireSession },
        401: { description: "A key or code that begins no session" },
        403: {
          description: "Not from the gateway's own pages, not over https, or a key that may not be shown from there",
        },
        429: { description: "Too many sign-ins from this address" },
      },
      async handler({ body, request, reply }) {
        const place = placeOf(request);
        demandOwnPage(strangerOf(request, place));
        const before = await finder.shown(request);
        const { token, caller, begun } = await signIn.begin(body, request);
        if (before) await sessions.end({ hash: before.session.hash });
        setCookie(reply, place, token);
        return wire(caller, begun.session);
      },
    }),
    route({
      method: "GET",
      path: "/session",
      action: actions.readHealth,
      tag,
      operationId: "getSession",
      summary: "Get the browser's session",
      description: "Whose it is, and until when.",
      responses: {
        200: { description: "The session", schema: wireSession },
        401: { description: "There is none, or it has ended" },
      },
      async handler({ request, reply }) {
        reply.header("cache-control", "no-store");
        const found = await finder.shown(request);
        if (!found) throw sessionEnded();
        return wire(actions.endSessions.admit(found.caller, request.ip)!, found.session);
      },
    }),
    route({
      method: "DELETE",
      path: "/session",
      action: actions.readHealth,
      tag,
      operationId: "deleteSession",
      summary: "Sign the browser out",
      description:
        "Ends this session on every node within a second, with what it has open. Also where there is none any more.",
      responses: { 204: { description: "Signed out" }, 403: { description: "Not from the gateway's own pages" } },
      async handler({ request, reply }) {
        const place = placeOf(request);
        demandOwnPage(strangerOf(request, place));
        const found = await finder.shown(request);
        if (found) await sessions.end({ hash: found.session.hash });
        setCookie(reply, place, undefined);
      },
    }),
    route({
      method: "DELETE",
      path: "/sessions",
      action: actions.endSessions,
      tag,
      operationId: "deleteSessions",
      summary: "Sign every browser out",
      description:
        "With an organization's own key, or the admin's: all sessions of any of its keys. With a key that was made for something: its own.",
      responses: { 204: { description: "All signed out" } },
      async handler({ caller, request, reply }) {
        const isLimited = limitsOf(caller) !== undefined;
        await sessions.end(isLimited ? { keyHash: shownKeyHash(request)! } : { scope: scopeOf(caller) });
        if (request.session) setCookie(reply, placeOf(request), undefined);
      },
    }),
    route({
      method: "POST",
      path: "/session/codes",
      action: actions.openSessions,
      tag,
      operationId: "createSignInLink",
      summary: "Make a link that signs a browser in",
      description:
        "For whoever has a key at hand and a browser beside it: the key need not be typed. Used once, within a minute.",
      responses: { 200: { description: "The link", schema: wireLink } },
      async handler({ request, reply }) {
        reply.header("cache-control", "no-store");
        const url = await linkFor(shownKeyHash({ headers: request.headers })!, LINK_SECONDS);
        return { url, expires_in: LINK_SECONDS };
      },
    }),
  ];
}
