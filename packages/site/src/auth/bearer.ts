import type { ManifestAuth } from "@agentgate/protocol/site";
import { RegistrationError } from "../define/registration-error.ts";
import { SiteError } from "../exchange/site-error.ts";
import { type AuthPolicy, type AuthRequest, type Principal, toPrincipal, type Verified } from "./auth-policy.ts";

export interface BearerOptions {
  readonly verify: (token: string, request: AuthRequest) => Verified | Promise<Verified>;
  /** URL of a page that tells how to get a token; published in the manifest. */
  readonly docs?: string | undefined;
}

/** Callers send `Authorization: Bearer …` (RFC 6750). */
export function bearer({ verify, docs }: BearerOptions): AuthPolicy {
  return bearerPolicy({
    verify,
    describe: () => ({ type: "bearer", header: null, ...(docs && { docs }) }),
    challengeParameters: () => "",
  });
}

interface BearerPolicyOptions {
  readonly verify: BearerOptions["verify"];
  readonly describe: (baseUrl: string) => ManifestAuth;
  /** More parameters of the challenge, starting with `, `. */
  readonly challengeParameters: (request: AuthRequest) => string;
  readonly resourceMetadata?: NonNullable<AuthPolicy["resourceMetadata"]>;
}

/** What all bearer schemes share: reading the header and the challenges. */
export function bearerPolicy({
  verify,
  describe,
  challengeParameters,
  resourceMetadata,
}: BearerPolicyOptions): AuthPolicy {
  if (typeof verify !== "function") {
    throw new RegistrationError(
      "Bearer auth needs `verify: (token) => principal`; without it no call could be let in.",
    );
  }
  const challenge = (request: AuthRequest) =>
    `Bearer realm="${quoted(request.siteName)}"${challengeParameters(request)}`;
  return {
    type: "bearer",
    describe,
    async authenticate(request): Promise<Principal> {
      const token = /^Bearer +([\w.~+/-]+=*) *$/i.exec(request.header("authorization") ?? "")?.[1];
      const principal = token ? toPrincipal(await verify(token, request)) : undefined;
      if (principal) return principal;
      throw token
        ? new SiteError("unauthorized", "The bearer token is not valid or has expired. Get a new one and try again.", {
            headers: { "www-authenticate": `${challenge(request)}, error="invalid_token"` },
          })
        : new SiteError("unauthorized", "Send a token in the header Authorization: Bearer <token>.", {
            headers: { "www-authenticate": challenge(request) },
          });
    },
    scopeChallenge: (request, scopes) =>
      `${challenge(request)}, error="insufficient_scope", scope="${quoted(scopes.join(" "))}"`,
    ...(resourceMetadata && { resourceMetadata }),
  };
}

/** A header value must stay printable ASCII, or the runtime refuses to send it. */
const quoted = (text: string) => text.replace(/[^ -~]/g, "?").replace(/["\\]/g, "\\$&");
