import type { FastifyRequest } from "fastify";
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
  /** The caller from this address as the action's routes see it. @throws Problem 401 or 403 for one who may not do it at all */
  admit(caller: Principal | undefined, address: string): Principal | undefined;
}

/** The key of an `Authorization: Bearer …` header; the scheme's case does not matter. */
export function bearerKey(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization.length < 8) return undefined;
  if (authorization.slice(0, 7).toLowerCase() !== "bearer ") return undefined;
  return authorization.slice(7).trim() || undefined;
}

/** The caller of this request as a route with this action sees it. @throws Problem 401 or 403 when its key does not open the route. */
export function admitCaller(
  { access, admit }: Action,
  { headers, ip }: Pick<FastifyRequest, "headers" | "ip">,
  authenticate: Authenticate,
): Principal | undefined | Promise<Principal | undefined> {
  if (access === "public") return undefined;
  const key = bearerKey(headers.authorization);
  if (key === undefined) {
    if (access === "optional") return undefined;
    throw notAuthenticated();
  }
  const found = authenticate(key);
  const admitted = (principal: Principal | undefined) => admit(principal, ip);
  return found instanceof Promise ? found.then(admitted) : admitted(found);
}
