import type { FastifyRequest } from "fastify";
import { type FindSession, noteMiss, Problem, type ShownSession } from "../http/index.ts";
import type { Principals } from "../orgs/index.ts";
import { demandOwnPage, strangerOf } from "./own-pages.ts";
import type { Session } from "./session.ts";
import { cookieOf, sessionPlaceOf } from "./session-cookie.ts";
import type { Sessions } from "./sessions.ts";

export interface SessionFinderOptions {
  sessions: Sessions;
  principals: Pick<Principals, "findHashed">;
  /** As configured. */
  publicUrl: string | undefined;
}

/** A session that counts, and what is known of it. */
export interface FoundSession extends ShownSession {
  readonly session: Session;
}

export const sessionEnded = () =>
  new Problem(401, "Not signed in, or not any more: sign in again", { code: "session_ended" });

/** Which session a request shows. */
export class SessionFinder {
  readonly #options: SessionFinderOptions;

  constructor(options: SessionFinderOptions) {
    this.#options = options;
  }

  /** The session of this request, wherever it comes from; undefined when it shows none, or one that has ended. */
  async shown(request: FastifyRequest): Promise<FoundSession | undefined> {
    const { sessions, principals, publicUrl } = this.#options;
    const place = sessionPlaceOf(request.headers.host, publicUrl);
    const token = place && cookieOf(request, place);
    if (token === undefined) return undefined;
    const session = await sessions.find(token);
    const caller = session && (await principals.findHashed(session.keyHash));
    if (!caller) {
      // It was looked for, like a key that nobody has.
      noteMiss(request, sessionEnded());
      return undefined;
    }
    return { session, caller, keyHash: session.keyHash, onEnded: (listener) => sessions.onEnded(session, listener) };
  }

  /** The session, where it counts for this action. @see FindSession */
  readonly forAction: FindSession = async (request, action) => {
    const place = sessionPlaceOf(request.headers.host, this.#options.publicUrl);
    if (!place || cookieOf(request, place) === undefined) return undefined;
    const isNeeded = action.access !== "optional";
    const stranger = strangerOf(request, place);
    if (stranger !== undefined) {
      if (isNeeded) demandOwnPage(stranger);
      return undefined;
    }
    if (action.byKeyAlone && request.method !== "GET") {
      if (!isNeeded) return undefined;
      throw new Problem(401, "This takes an API key: a session calls no agents and makes no sessions", {
        code: "key_needed",
      });
    }
    const found = await this.shown(request);
    if (!found && isNeeded) throw sessionEnded();
    return found;
  };
}
