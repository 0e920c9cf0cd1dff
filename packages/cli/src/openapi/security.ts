import { isObject } from "@agentgate/site/codegen";
import { follow, type OpenApiDocument } from "./document.ts";

/** How the upstream API wants its caller's credential, as a header or a query parameter of the draft. */
export interface UpstreamCredential {
  readonly in: "header" | "query";
  readonly name: string;
  /** Environment variable the draft reads it from. */
  readonly variable: string;
  /** Stands before the secret: `Bearer `. */
  readonly prefix: string;
}

export interface UpstreamSecurity {
  readonly credentials: readonly UpstreamCredential[];
  /** `header x-api-key`: parameters that carry a credential and are no input. */
  readonly credentialNames: ReadonlySet<string>;
  readonly notes: readonly string[];
}

/** Turns the security schemes into credentials of the draft; agents never send or see them. */
export function upstreamSecurity(document: OpenApiDocument): UpstreamSecurity {
  const components = isObject(document.components) ? document.components : {};
  const schemes = isObject(components.securitySchemes) ? Object.entries(components.securitySchemes) : [];
  const credentials: UpstreamCredential[] = [];
  const credentialNames = new Set<string>();
  const notes: string[] = [];
  for (const [key, value] of schemes) {
    const scheme = follow(document, value) ?? {};
    const variable = `UPSTREAM_${key
      .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
      .replace(/\W+/g, "_")
      .toUpperCase()}`;
    const header = (name: string, prefix = "") => credentials.push({ in: "header", name, variable, prefix });
    if (scheme.type === "apiKey" && typeof scheme.name === "string") {
      credentialNames.add(`${String(scheme.in)} ${scheme.name}`.toLowerCase());
      if (scheme.in === "cookie" && /^[\w.-]+$/.test(scheme.name)) header("Cookie", `${scheme.name}=`);
      else if (scheme.in === "cookie")
        notes.push(`security scheme "${key}": no cookie can have the name "${scheme.name}"`);
      else if (scheme.in === "query") credentials.push({ in: "query", name: scheme.name, variable, prefix: "" });
      else header(scheme.name);
    } else if (scheme.type === "http" && String(scheme.scheme).toLowerCase() === "basic") {
      header("Authorization", "Basic ");
    } else if (scheme.type === "http" || scheme.type === "oauth2" || scheme.type === "openIdConnect") {
      header("Authorization", "Bearer ");
      if (scheme.type !== "http")
        notes.push(
          `security scheme "${key}" (${scheme.type}): get and refresh its token in the draft's resolveHeaders`,
        );
    } else {
      notes.push(
        `security scheme "${key}" (${String(scheme.type)}) is not known; add its credential to the draft by hand`,
      );
    }
  }
  const seen = new Set<string>();
  const first = credentials.filter(({ in: place, name }) => {
    const slot = `${place} ${name.toLowerCase()}`;
    if (seen.has(slot))
      notes.push(`more than one security scheme uses the ${place} "${name}"; the draft sends the first`);
    return !seen.has(slot) && seen.add(slot);
  });
  return { credentials: first, credentialNames, notes };
}
