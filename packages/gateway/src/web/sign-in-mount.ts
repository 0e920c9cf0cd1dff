import type { FastifyInstance } from "fastify";
import { demandOwnPage, strangerFormOf } from "./own-pages.ts";
import type { Assets } from "./pages/assets.ts";
import { demandPlace, sessionPlaceOf, setCookie } from "./session-cookie.ts";
import type { SessionFinder } from "./session-finder.ts";
import type { Sessions } from "./sessions.ts";
import type { SignIn } from "./sign-in.ts";
import { sendSignInPage } from "./sign-in-page.ts";

export interface SignInMountOptions {
  sessions: Sessions;
  finder: SessionFinder;
  signIn: SignIn;
  /** As configured. */
  publicUrl: string | undefined;
  assets: Pick<Assets, "pages">;
}

const FORM_BYTES_MAX = 16_384;
/** Where one is after signing in, unless another page was asked for. */
const HOME = "/dashboard";
const NEXT_MAX = 2_048;

/** A page of this gateway's own to go on to; anything else is nowhere to be led to. */
function nextOf(given: unknown): string {
  if (typeof given !== "string" || given.length > NEXT_MAX || !/^\/(?:dashboard|admin)(?:[/?]|$)/.test(given))
    return HOME;
  // As the browser will read it: two dots may lead away, and a backslash is a slash.
  const { pathname, search } = new URL(given, "http://gateway");
  return /^\/(?:dashboard|admin)(?:\/|$)/.test(pathname) ? `${pathname}${search}` : HOME;
}

/** The page that signs in: a form, which may have a link's code in it. To open a link uses nothing up: programs look at links, too. */
export function mountSignIn(app: FastifyInstance, options: SignInMountOptions): void {
  const { sessions, finder, signIn, publicUrl, assets } = options;
  app.register(async (scope) => {
    scope.addContentTypeParser("application/x-www-form-urlencoded", (request, _payload, done) =>
      scope.bodies.read(request, (error, text = "") => done(error, new URLSearchParams(text))),
    );
    scope.route({
      method: "GET",
      url: "/sign-in",
      handler: async (request, reply) => {
        const { code, next } = request.query as { code?: unknown; next?: unknown };
        const given = typeof code === "string" ? code : undefined;
        const offer = await signIn.offerOf(given);
        const trouble = given !== undefined && !offer ? "This link was used, or its time is over." : undefined;
        return sendSignInPage(request, reply, assets, trouble === undefined ? 200 : 401, {
          offer,
          trouble,
          next: nextOf(next),
        });
      },
    });
    scope.route({
      method: "POST",
      url: "/sign-in",
      bodyLimit: FORM_BYTES_MAX,
      config: {
        refuse: (problem, request, reply) => {
          const next = nextOf(request.body instanceof URLSearchParams ? request.body.get("next") : undefined);
          const { status, message: trouble, headers } = problem;
          return sendSignInPage(request, reply.headers(headers), assets, status, { trouble, next });
        },
      },
      handler: async (request, reply) => {
        const place = demandPlace(sessionPlaceOf(request.headers.host, publicUrl));
        demandOwnPage(strangerFormOf(request, place));
        const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
        const before = await finder.shown(request);
        const { token } = await signIn.begin(
          { key: form.get("key")?.trim() || undefined, code: form.get("code") ?? undefined },
          request,
        );
        if (before) await sessions.end({ hash: before.session.hash });
        setCookie(reply, place, token);
        return reply.redirect(nextOf(form.get("next")), 303);
      },
    });
  });
}
