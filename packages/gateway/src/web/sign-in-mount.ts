import type { FastifyInstance } from "fastify";
import { demandOwnPage, strangerFormOf } from "./own-pages.ts";
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
}

const FORM_BYTES_MAX = 16_384;
/** Where one is after signing in. */
const HOME = "/";

/** The page that signs in: a form, which may have a link's code in it. To open a link uses nothing up: programs look at links, too. */
export function mountSignIn(app: FastifyInstance, { sessions, finder, signIn, publicUrl }: SignInMountOptions): void {
  app.register(async (scope) => {
    scope.addContentTypeParser("application/x-www-form-urlencoded", (request, _payload, done) =>
      scope.bodies.read(request, (error, text = "") => done(error, new URLSearchParams(text))),
    );
    scope.route({
      method: "GET",
      url: "/sign-in",
      handler: async (request, reply) => {
        const { code } = request.query as { code?: unknown };
        const given = typeof code === "string" ? code : undefined;
        const offer = await signIn.offerOf(given);
        const trouble = given !== undefined && !offer ? "This link was used, or its time is over." : undefined;
        return sendSignInPage(reply, trouble === undefined ? 200 : 401, { offer, trouble });
      },
    });
    scope.route({
      method: "POST",
      url: "/sign-in",
      bodyLimit: FORM_BYTES_MAX,
      config: {
        refuse: (problem, _request, reply) =>
          sendSignInPage(reply.headers(problem.headers), problem.status, { trouble: problem.message }),
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
        return reply.redirect(HOME, 303);
      },
    });
  });
}
