import type { ManifestAuth } from "@agentgate/protocol/site";

/** Who calls, as the site's own verification found it. */
export interface Principal {
  /** Stable identity; sessions belong to it. */
  readonly subject: string;
  readonly scopes?: readonly string[] | undefined;
  /** Whatever else the handlers need: a user record, token claims. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
}

/** What a `verify` function may answer: a principal, only its subject, or nothing for "not known". */
export type Verified = Principal | string | null | undefined | false;

/** What a policy may look at. */
export interface AuthRequest {
  readonly method: string;
  readonly path: string;
  readonly siteName: string;
  readonly baseUrl: string;
  /** @param name in lower case */
  header(name: string): string | undefined;
}

/** How callers prove who they are, and what the manifest says about it. */
export interface AuthPolicy {
  readonly type: ManifestAuth["type"];
  describe(baseUrl: string): ManifestAuth;
  /**
   * @returns the principal; `undefined` only when the type is `none`
   * @throws SiteError `unauthorized` with its `WWW-Authenticate` header
   */
  authenticate(request: AuthRequest): Principal | undefined | PromiseLike<Principal | undefined>;
  /** The `WWW-Authenticate` value of a 403 for missing scopes (RFC 6750 §3.1). */
  scopeChallenge?(request: AuthRequest, scopes: readonly string[]): string;
  /** RFC 9728 protected resource metadata. */
  resourceMetadata?(baseUrl: string, siteName: string): Readonly<Record<string, unknown>>;
}

export const toPrincipal = (verified: Verified): Principal | undefined => {
  if (!verified) return undefined;
  const principal = typeof verified === "string" ? { subject: verified } : verified;
  if (typeof principal.subject !== "string" || principal.subject === "") {
    throw new TypeError("verify must return a principal with a non-empty subject, its subject, or null.");
  }
  return principal;
};
