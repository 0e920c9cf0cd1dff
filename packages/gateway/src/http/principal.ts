import type { FastifyRequest } from "fastify";
import { hashKey } from "../runtime/index.ts";
import { notAuthenticated } from "./problem.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** What its caller is known by, where that is no key. */
    session?: ShownSession;
  }
}

declare const whoever: unique symbol;

/**
 * Who is calling, as far as the bearer key tells (contract section 1.3). Of what kind one is only the `access` room can see: all others ask
 * it what the caller may do.
 */
export interface Principal {
  readonly [whoever]: true;
}

/** Finds whose key this is. Synchronous when the answer is cached. */
export type Authenticate = (key: string) => Principal | undefined | Promise<Principal | undefined>;

/** A browser's session: whoever shows it is the caller whose key it was begun with. */
export interface ShownSession {
  readonly caller: Principal;
  /** Of the key that it was begun with. */
  readonly keyHash: string;
  /** Calls `listener` once, when the session ends before its key does. Returns the end of that. */
  onEnded(listener: () => void): () => void;
}

/**
 * The session that a request without a key shows, if it shows one that counts for this action.
 * @throws Problem 401 or 403 for one that does not count, where the action needs a caller
 */
export type FindSession = (
  request: FastifyRequest,
  action: Action,
) => ShownSession | undefined | Promise<ShownSession | undefined>;

/** Somebody was not let administer. */
export interface Refusal {
  /** The stable name of why. */
  readonly code: string;
  /** Undefined for one whose key is nobody's, or who showed none. */
  readonly caller: Principal | undefined;
  readonly address: string;
}

/** How callers are known. */
export interface Callers {
  authenticate: Authenticate;
  /** Nobody has a session by default. */
  sessionOf?: FindSession;
  /** Told of who was not let do what administers. */
  onRefused?(refusal: Refusal): void;
}

/** What a route asks of its caller: nothing, a look at the key if there is one, any known key, or the admin's. */
export type Access = "public" | "optional" | "org" | "admin";

/** What a route does, as the table of who may do what has it. */
export interface Action<A extends Access = Access> {
  /** `things:verb`, such as `agents:write`. */
  readonly name: string;
  readonly access: A;
  /** Done by those alone who show a key; with a session one may look at most. */
  readonly byKeyAlone?: boolean;
  /** Changes what others rely on, or shows what is the operator's business: who does so leaves a trace, and who is refused. */
  readonly administers: boolean;
  /** The caller from this address as the action's routes see it. @throws Problem 401 or 403 for one who may not do it at all */
  admit(caller: Principal | undefined, address: string): Principal | undefined;
}

/** The key of an `Authorization: Bearer …` header; the scheme's case does not matter. */
export function bearerKey(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization.length < 8) return undefined;
  if (authorization.slice(0, 7).toLowerCase() !== "bearer ") return undefined;
  return authorization.slice(7).trim() || undefined;
}

/** The hash of the key that this request shows, or that its session was begun with. */
export function shownKeyHash({ headers, session }: Pick<FastifyRequest, "headers" | "session">): string | undefined {
  if (session) return session.keyHash;
  const key = bearerKey(headers.authorization);
  return key === undefined ? undefined : hashKey(key);
}

/** The caller of this request as a route with this action sees it. @throws Problem 401 or 403 when its key does not open the route. */
export function admitCaller(
  action: Action,
  request: FastifyRequest,
  { authenticate, sessionOf }: Callers,
): Principal | undefined | Promise<Principal | undefined> {
  const { access } = action;
  if (access === "public") return undefined;
  const { headers, ip } = request;
  const admitted = (principal: Principal | undefined) => action.admit(principal, ip);
  const key = bearerKey(headers.authorization);
  if (key !== undefined) return when(authenticate(key), admitted);
  // Whoever shows a key, of whatever kind, means to be known by it.
  const shown =
    headers.cookie !== undefined && headers.authorization === undefined ? sessionOf?.(request, action) : undefined;
  return when(shown, (session) => {
    if (session) {
      request.session = session;
      return admitted(session.caller);
    }
    if (access === "optional") return undefined;
    throw notAuthenticated();
  });
}

/** What follows from a value, at once where it is there. */
export const when = <T, R>(value: T | Promise<T>, then: (value: T) => R): R | Promise<R> =>
  value instanceof Promise ? value.then(then) : then(value);
