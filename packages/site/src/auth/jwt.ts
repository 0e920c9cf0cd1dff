import {
  type CryptoKey,
  createRemoteJWKSet,
  customFetch,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
  type KeyObject,
} from "jose";
import { RegistrationError } from "../define/registration-error.ts";
import { SiteError } from "../exchange/site-error.ts";
import type { AuthPolicy, Principal } from "./auth-policy.ts";
import { type BearerOptions, bearerPolicy } from "./bearer.ts";
import { keySetFetch } from "./key-set-fetch.ts";

export interface JwtOptions {
  /** Required value of `iss`. */
  readonly issuer: string;
  /** Required value in `aud`: this site (RFC 8707). */
  readonly audience: string;
  /** Where the issuer publishes its keys; or give `key`. */
  readonly jwksUri?: string | undefined;
  /** A public key, a shared secret, or a function that finds the key, such as `createLocalJWKSet(…)` of jose. */
  readonly key?: CryptoKey | KeyObject | Uint8Array | JWTVerifyGetKey | undefined;
  /** Accepted `alg` values. Default: the asymmetric ones; name `HS256` yourself to use a shared secret. */
  readonly algorithms?: readonly string[] | undefined;
  /** Makes the principal; return null to refuse. Default: subject `sub`, scopes from `scope` or `scp`. */
  readonly toPrincipal?: ((claims: JWTPayload) => Principal | null | Promise<Principal | null>) | undefined;
  readonly docs?: string | undefined;
  /** Fetches the key set. Default: the global `fetch`. */
  readonly fetch?: typeof fetch | undefined;
}

const asymmetric = [
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
  "PS256",
  "PS384",
  "PS512",
  "RS256",
  "RS384",
  "RS512",
];

/** Callers send a JWT of your issuer as bearer token. */
export function jwt(options: JwtOptions): AuthPolicy {
  const { docs } = options;
  return bearerPolicy({
    verify: jwtVerifier(options),
    describe: () => ({ type: "bearer", header: null, scheme: "jwt", ...(docs && { docs }) }),
    challengeParameters: () => "",
  });
}

/** The `verify` function for `oauth2` and `bearer` when tokens are JWTs. Needs `exp`, and allows clocks to differ by 5 seconds. */
export function jwtVerifier({
  issuer,
  audience,
  jwksUri,
  key,
  algorithms = asymmetric,
  toPrincipal = standardPrincipal,
  fetch: fetchKeys = (url, init) => fetch(url, init),
}: JwtOptions): BearerOptions["verify"] {
  if (!issuer || !audience)
    throw new RegistrationError("JWTs need `issuer` and `audience`; without them any site's token would do.");
  const source =
    key ?? (jwksUri ? createRemoteJWKSet(new URL(jwksUri), { [customFetch]: keySetFetch(fetchKeys) }) : undefined);
  if (!source) throw new RegistrationError("JWTs need `jwksUri`, where the issuer publishes its keys, or `key`.");
  const getKey: JWTVerifyGetKey = typeof source === "function" ? source : async () => source;
  const findKey: JWTVerifyGetKey = (header, token) => Promise.resolve(getKey(header, token)).catch(refuseOrFail);
  const checks = { issuer, audience, algorithms: [...algorithms], clockTolerance: 5, requiredClaims: ["exp"] };
  return async (token) => {
    let claims: JWTPayload;
    try {
      claims = await verified(token, findKey, checks);
    } catch (error) {
      if (error instanceof errors.JOSEError) return null;
      throw error;
    }
    return toPrincipal(claims);
  };
}

/** What goes wrong with the issuer's keys, not with the token: a bad answer, none in time, no key set, no key. */
const issuersFault = new Set(["ERR_JOSE_GENERIC", "ERR_JWKS_TIMEOUT", "ERR_JWKS_INVALID", "ERR_JWK_INVALID"]);

/** A wrong token is the caller's fault; an issuer whose keys cannot be had is not, and must not look like one. */
function refuseOrFail(error: unknown): never {
  if (error instanceof errors.JOSEError && !issuersFault.has(error.code)) throw error;
  throw new SiteError("unavailable", "Tokens cannot be checked at the moment, as the issuer's keys cannot be had.", {
    headers: { "retry-after": "5" },
    cause: error,
  });
}

/** Keys that are tried for a token that does not say which one it was signed with. */
const candidatesMax = 16;

async function verified(token: string, findKey: JWTVerifyGetKey, checks: JWTVerifyOptions): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, findKey, checks)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    let left = candidatesMax;
    for await (const key of error) {
      const result = await jwtVerify(token, key, checks).catch((wrong) => {
        if (wrong instanceof errors.JWSSignatureVerificationFailed && --left > 0) return undefined;
        throw wrong;
      });
      if (result) return result.payload;
    }
    throw error;
  }
}

function standardPrincipal(claims: JWTPayload): Principal | null {
  if (!claims.sub) return null;
  const { scope, scp } = claims as { scope?: unknown; scp?: unknown };
  const scopes =
    typeof scope === "string" ? scope.split(" ").filter(Boolean) : Array.isArray(scp) ? scp.map(String) : [];
  return { subject: claims.sub, scopes, claims };
}
