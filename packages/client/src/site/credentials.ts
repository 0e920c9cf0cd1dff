import { apiKeyHeader, type ManifestAuth } from "@agentgate/protocol/site";

/**
 * The secret itself, which travels as the site's manifest says (an API key header or `Authorization: Bearer`), or headers to
 * send as they are, with the manifest's request too.
 */
export type Credential = string | Readonly<Record<string, string>>;

/** Per origin (`https://myshop.com`), or asked for with every request, so that tokens can be refreshed. */
export type Credentials =
  | Readonly<Record<string, Credential>>
  | ((origin: string, auth: ManifestAuth) => Credential | undefined | Promise<Credential | undefined>);

export interface CredentialOptions {
  /** For the first site discovered by its address, and for no other unless `allowAnyOrigin`. */
  readonly apiKey?: string;
  /** Sends `apiKey` to every site that asks for a credential. */
  readonly allowAnyOrigin?: boolean;
  readonly credentials?: Credentials;
}

/** A secret never leaves for an origin that it was not given for. */
export interface CredentialStore {
  /** Ties `apiKey` to this origin if it is the first. */
  discovered(origin: string): void;
  /** The headers that authenticate a request to `origin`. */
  headersFor(origin: string, auth: ManifestAuth): Promise<Readonly<Record<string, string>>>;
}

export function credentialStore({ apiKey, allowAnyOrigin, credentials = {} }: CredentialOptions): CredentialStore {
  const byOrigin = new Map(Object.entries(credentials).map(([url, credential]) => [new URL(url).origin, credential]));
  const find = typeof credentials === "function" ? credentials : (origin: string) => byOrigin.get(origin);
  let apiKeyOrigin: string | undefined;
  return {
    discovered(origin) {
      apiKeyOrigin ??= origin;
    },
    async headersFor(origin, auth) {
      const shared = allowAnyOrigin || origin === apiKeyOrigin ? apiKey : undefined;
      const credential = (await find(origin, auth)) ?? shared;
      if (typeof credential === "object") return credential;
      if (!credential || auth.type === "none") return {};
      return auth.type === "bearer"
        ? { Authorization: `Bearer ${credential}` }
        : { [auth.header ?? apiKeyHeader]: credential };
    },
  };
}
