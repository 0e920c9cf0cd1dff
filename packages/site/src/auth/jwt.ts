import {
  type CryptoKey,
  createRemoteJWKSet,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
  type KeyObject,
} from "jose";
import { RegistrationError } from "../define/registration-error.ts";
import type { AuthPolicy, Principal } from "./auth-policy.ts";
import { type BearerOptions, bearerPolicy } from "./bearer.ts";

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
}: JwtOptions): BearerOptions["verify"] {
  if (!issuer || !audience)
    throw new RegistrationError("JWTs need `issuer` and `audience`; without them any site's token would do.");
  const source = key ?? (jwksUri ? createRemoteJWKSet(new URL(jwksUri)) : undefined);
  if (!source) throw new RegistrationError("JWTs need `jwksUri`, where the issuer publishes its keys, or `key`.");
  const getKey: JWTVerifyGetKey = typeof source === "function" ? source : async () => source;
  const checks = { issuer, audience, algorithms: [...algorithms], clockTolerance: 5, requiredClaims: ["exp"] };
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, getKey, checks);
      return await toPrincipal(payload);
    } catch (error) {
      // A wrong token is the caller's fault; an unreachable issuer is not, and must not look like one.
      if (error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout)) return null;
      throw error;
    }
  };
}

function standardPrincipal(claims: JWTPayload): Principal | null {
  if (!claims.sub) return null;
  const { scope, scp } = claims as { scope?: unknown; scp?: unknown };
  const scopes =
    typeof scope === "string" ? scope.split(" ").filter(Boolean) : Array.isArray(scp) ? scp.map(String) : [];
  return { subject: claims.sub, scopes, claims };
}
