import { invalidApiKey, notAuthenticated } from "./problem.ts";

/** Who is calling, as far as the bearer key tells (contract section 1.3). */
export type Principal = { kind: "admin" } | { kind: "org"; orgId: string };

/** Finds whose key this is. Synchronous when the answer is cached. */
export type Authenticate = (key: string) => Principal | undefined | Promise<Principal | undefined>;

/** What a route asks of its caller: nothing, a look at the key if there is one, any known key, or the admin's. */
export type Access = "public" | "optional" | "org" | "admin";

/** The key of an `Authorization: Bearer …` header; the scheme's case does not matter. */
export function bearerKey(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization.length < 8) return undefined;
  if (authorization.slice(0, 7).toLowerCase() !== "bearer ") return undefined;
  return authorization.slice(7).trim() || undefined;
}

/** The caller as a route of this access sees it. @throws Problem 401 when its key does not open the route. */
export function admitCaller(
  access: Access,
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
    if (!principal || (access === "admin" && principal.kind !== "admin")) throw invalidApiKey();
    return principal;
  };
  return found instanceof Promise ? found.then(judge) : judge(found);
}
