import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { actions, limitsOf, orgOf, scopeOf } from "../access/index.ts";
import {
  afterParameter,
  headerKey,
  notFound,
  numeric,
  type Principal,
  type RouteDefinition,
  route,
  shownKeyHash,
  text,
} from "../http/index.ts";
import type { Principals } from "../orgs/index.ts";
import { renderTimestamp } from "../runtime/index.ts";
import { demandOwnPage, strangerOf } from "./own-pages.ts";
import { idOf, type Session, usedAt } from "./session.ts";
import { demandPlace, sessionPlaceOf, setCookie } from "./session-cookie.ts";
import { type SessionFinder, sessionEnded } from "./session-finder.ts";
import type { Sessions } from "./sessions.ts";
import type { SignIn } from "./sign-in.ts";

export interface SessionFaceOptions {
  sessions: Sessions;
  finder: SessionFinder;
  signIn: SignIn;
  principals: Pick<Principals, "byHash">;
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

const wireListed = z
  .object({
    id: z.string(),
    is_current: z.boolean().describe("Whether it is the one that asks"),
    key: z
      .object({ id: z.string(), name: z.string() })
      .nullable()
      .describe("The key that it was begun with; null for an organization's own, and the admin key of the settings"),
    client_ip: z.string().nullable().describe("From where it was begun"),
    user_agent: z.string().nullable().describe("What the browser calls itself: whatever it likes"),
    created_at: z.iso.datetime(),
    last_used_at: z.iso.datetime().nullable().describe("Within five minutes; null in the last hours of its week"),
    expires_at: z.iso.datetime().describe("When it ends unless it is used before"),
  })
  .meta({ id: "ListedSession" });
const wireList = z.object({ entries: z.array(wireListed), next: z.string().nullable() }).meta({ id: "SessionPage" });
const sessionId = text().max(64);
const page = z.object({
  limit: numeric(z.int().min(1).max(500)).default(100),
  before: afterParameter(/^\d{1,18}\.[\da-f]{64}$/).describe("`next` of the page before"),
});

const wireLink = z
  .object({ url: z.url().describe("Signs in whoever opens it, once"), expires_in: z.int().describe("Seconds") })
  .meta({ id: "SignInLink" });

/** Begins, tells and ends sessions. */
export function sessionRoutes(options: SessionFaceOptions): RouteDefinition[] {
  const { sessions, finder, signIn, principals, publicUrl, linkFor } = options;
  const placeOf = ({ headers }: FastifyRequest) => demandPlace(sessionPlaceOf(headers.host, publicUrl));
  /** Of all keys of an organization or the admin; with a key that was made for something, of this one. */
  const thoseOf = (caller: Principal, request: FastifyRequest) =>
    limitsOf(caller) ? { keyHash: shownKeyHash(request)! } : { scope: scopeOf(caller) };
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
      method: "GET",
      path: "/sessions",
      action: actions.readSessions,
      tag,
      operationId: "listSessions",
      summary: "List the browsers that are signed in, newest first",
      description:
        "With an organization's own key, or the admin's: the sessions of any of its keys. With a key that was made for something: its own.",
      query: page,
      responses: { 200: { description: "Sessions", schema: wireList } },
      async handler({ query: { limit, before }, caller, request, reply }) {
        reply.header("cache-control", "no-store");
        const [at, hash] = before?.split(".") ?? [];
        const after = at === undefined || hash === undefined ? undefined : { createdAt: BigInt(at), hash };
        const found = await sessions.list(thoseOf(caller, request), { after, limit: limit + 1 });
        const shown = request.session && (await finder.shown(request));
        const entries = [];
        for (const session of found.slice(0, limit)) {
          const principal = await principals.byHash(session.keyHash);
          const key = limitsOf(principal);
          // It ends with its key.
          if (!principal || key?.ended) continue;
          const used = usedAt(session);
          entries.push({
            id: idOf(session),
            is_current: session.hash === shown?.session.hash,
            key: key ? { id: key.keyId, name: key.name } : null,
            client_ip: session.clientIp,
            user_agent: session.userAgent,
            created_at: renderTimestamp(session.createdAt),
            last_used_at: used === null ? null : renderTimestamp(used),
            expires_at: renderTimestamp(session.endsAt),
          });
        }
        const last = found.length > limit ? found[limit - 1] : undefined;
        return { entries, next: last ? `${last.createdAt}.${last.hash}` : null };
      },
    }),
    route({
      method: "DELETE",
      path: "/sessions/{session_id}",
      action: actions.endSessions,
      tag,
      operationId: "deleteListedSession",
      summary: "Sign one browser out",
      description: "One of those that `GET /sessions` lists. It ends on every node within a second.",
      params: z.object({ session_id: sessionId }),
      responses: { 204: { description: "Signed out" }, 404: { description: "No such session of yours" } },
      async handler({ params: { session_id: id }, caller, request }) {
        if ((await sessions.end({ ...thoseOf(caller, request), id })) === 0) throw notFound("Session");
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
        await sessions.end(thoseOf(caller, request));
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
