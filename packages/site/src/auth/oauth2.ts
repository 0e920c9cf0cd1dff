import { RegistrationError } from "../define/registration-error.ts";
import { resourceMetadataPath } from "../exchange/route.ts";
import type { AuthPolicy } from "./auth-policy.ts";
import { type BearerOptions, bearerPolicy } from "./bearer.ts";

export interface OAuth2Options {
  /** Issuer URLs of the authorization servers that give out tokens for this site. */
  readonly authorizationServers: readonly string[];
  /** Checks a token: `jwtVerifier(…)` from `@agentgate/site/jwt`, or introspection (RFC 7662) of your own. */
  readonly verify: BearerOptions["verify"];
  /** Every scope that some operation asks for. */
  readonly scopesSupported?: readonly string[] | undefined;
  readonly docs?: string | undefined;
}

/**
 * The site as an OAuth 2 resource server: it publishes RFC 9728 protected resource metadata and never gives out tokens.
 * Operations ask for scopes with `scopes: ["orders:write"]`.
 */
export function oauth2({ authorizationServers, verify, scopesSupported, docs }: OAuth2Options): AuthPolicy {
  if (!authorizationServers?.length) {
    throw new RegistrationError("oauth2() needs `authorizationServers`: the issuer URL of at least one.");
  }
  for (const issuer of authorizationServers) {
    if (!URL.canParse(issuer)) throw new RegistrationError(`oauth2(): "${issuer}" is not a URL.`);
  }
  return bearerPolicy({
    verify,
    describe: (baseUrl) => ({
      type: "bearer",
      header: null,
      scheme: "oauth2",
      resource_metadata: resourceMetadataUrl(baseUrl),
      authorization_servers: authorizationServers,
      ...(docs && { docs }),
    }),
    challengeParameters: ({ baseUrl }) => `, resource_metadata="${resourceMetadataUrl(baseUrl)}"`,
    resourceMetadata: (baseUrl, siteName) => ({
      resource: baseUrl,
      resource_name: siteName,
      authorization_servers: authorizationServers,
      bearer_methods_supported: ["header"],
      ...(scopesSupported && { scopes_supported: scopesSupported }),
      ...(docs && { resource_documentation: docs }),
    }),
  });
}

/** RFC 9728 §3.1: the well-known path stands between the host and the resource's own path. */
export function resourceMetadataUrl(baseUrl: string): string {
  const { origin, pathname } = new URL(baseUrl);
  return `${origin}${resourceMetadataPath}${pathname === "/" ? "" : pathname}`;
}
