import { RegistrationError } from "../define/registration-error.ts";
import { after } from "../engine/after.ts";
import { SiteError } from "../exchange/site-error.ts";
import { type AuthPolicy, type AuthRequest, toPrincipal, type Verified } from "./auth-policy.ts";
import { equalDigests, sha256 } from "./digest.ts";

interface ApiKeyHeader {
  /** Default `X-API-Key`. */
  readonly header?: string | undefined;
  /** URL of a page that tells how to get a key; published in the manifest. */
  readonly docs?: string | undefined;
}

interface VerifiedKeys {
  /** Looks the key up. Hash it first when your keys are stored hashed. */
  readonly verify: (key: string, request: AuthRequest) => Verified | Promise<Verified>;
  readonly keys?: undefined;
}

interface FixedKeys {
  readonly verify?: undefined;
  /** Instead of `verify`: subject → key, for a handful of keys from the environment. */
  readonly keys: Readonly<Record<string, string>>;
}

/** One of `verify` and `keys` says who has which key. */
export type ApiKeyOptions = ApiKeyHeader & (VerifiedKeys | FixedKeys);

/** Callers send a key in a header. Give either `verify` or `keys`. */
export function apiKey({ header = "X-API-Key", docs, verify, keys }: ApiKeyOptions): AuthPolicy {
  const check = verify ?? (keys && fixedKeys(keys));
  if (!check) {
    throw new RegistrationError("apiKey() needs `verify: (key) => subject` or `keys: { subject: key }`.");
  }
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(header)) throw new RegistrationError(`apiKey(): "${header}" is not a header name.`);
  const name = header.toLowerCase();
  return {
    type: "api_key",
    describe: () => ({ type: "api_key", header, ...(docs && { docs }) }),
    authenticate(request) {
      const key = request.header(name);
      return after(key ? check(key, request) : undefined, (verified) => {
        const principal = toPrincipal(verified);
        if (principal) return principal;
        const message = key ? `The API key in ${header} is not valid.` : `Send your API key in the header ${header}.`;
        throw new SiteError("unauthorized", message, { headers: { "www-authenticate": `ApiKey header="${header}"` } });
      });
    },
  };
}

function fixedKeys(keys: Readonly<Record<string, string>>) {
  const entries = Object.entries(keys);
  for (const [subject, key] of entries) {
    if (typeof key !== "string" || key.length < 16) {
      throw new RegistrationError(`apiKey(): the key of "${subject}" is missing or shorter than 16 characters.`);
    }
  }
  let digests: Promise<[string, string][]> | undefined;
  return async (key: string): Promise<string | undefined> => {
    digests ??= Promise.all(entries.map(async ([subject, own]) => [subject, await sha256(own)]));
    const digest = await sha256(key);
    let found: string | undefined;
    for (const [subject, own] of await digests) if (equalDigests(own, digest)) found = subject;
    return found;
  };
}
