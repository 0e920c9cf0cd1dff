import { notAuthenticated } from "./problem.ts";

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

/** What a route asks of its caller: nothing, a look at the key if there is one, any known key, or the admin's. */
export type Access = "public" | "optional" | "org" | "admin";

/** What a route does, as the table of who may do what has it. */
export interface Action<A extends Access = Access> {
  /** `things:verb`, such as `agents:write`. */
  readonly name: string;
  readonly access: A;
  /** Whether this caller may do it at all, whatever it is done to. @throws Problem 401 or 403 */
  demand(caller: Principal | undefined): void;
}

/** The key of an `Authorization: Bearer …` header; the scheme's case does not matter. */
export function bearerKey(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization.length < 8) return undefined;
  if (authorization.slice(0, 7).toLowerCase() !== "bearer ") return undefined;
  return authorization.slice(7).trim() || undefined;
}

/** The caller as a route with this action sees it. @throws Problem 401 or 403 when its key does not open the route. */
export function admitCaller(
  { access, demand }: Action,
  authorization: string | undefined,
  authenticate: Authenticate,
): Principal | undefined | Promise<Principal | undefined> {
  if (access === "public") return undefined;
  const key = bearerKey(authorization);
  if (key === undefined) {
    if (access === "optional") return undefined;
    throw notAuthenticated();
  }
  const found = authenticate(key);
  const judge = (principal: Principal | undefined) => {
    if (access === "optional") return principal;
    demand(principal);
    return principal;
  };
  return found instanceof Promise ? found.then(judge) : judge(found);
}
