import { readBounded } from "../exchange/read-bounded.ts";
import { SiteError } from "../exchange/site-error.ts";

/** An Ed25519 public key (RFC 8037). */
export interface Ed25519Jwk {
  readonly kty: "OKP";
  readonly crv: "Ed25519";
  readonly x: string;
}

export const directoryPath = "/.well-known/http-message-signatures-directory";

const cachedMs = 60 * 60 * 1000;
const failureCachedMs = 60 * 1000;
/** Directories kept, and failures remembered; each domain may have a part, as one can have any number of hosts. */
const directoriesMax = 500;
const directoriesPerDomainMax = 20;
/** Directories fetched at once. More are for those that were had before, so that strangers' do not keep them out. */
const fetchesMax = 16;
const fetchesForKnownMax = 32;
const fetchesPerDomainMax = 4;
const directoryBytesMax = 65_536;
const keysMax = 50;
const fetchTimeoutMs = 5_000;

export type Keys = ReadonlyMap<string, Ed25519Jwk>;

interface Cached {
  /** `undefined` when the directory could not be had. */
  readonly keys: Keys | undefined;
  readonly expiresAt: number;
}

/** Public keys that agents publish, fetched once an hour and bounded in every direction. */
export class KeyDirectories {
  readonly #fetch: typeof fetch;
  readonly #now: () => number;
  /** In the order of use. */
  readonly #cache = new Map<string, Cached>();
  readonly #pending = new Map<string, Promise<Keys | undefined>>();

  constructor(fetchDirectory: typeof fetch, now: () => number) {
    this.#fetch = fetchDirectory;
    this.#now = now;
  }

  /**
   * @returns keys by thumbprint; `undefined` when the directory cannot be had
   * @throws SiteError `unavailable` when too many are being fetched already
   */
  keysOf(origin: string): Promise<Keys | undefined> {
    const cached = this.#cache.get(origin);
    if (cached && Math.abs(cached.expiresAt - this.#now()) <= cachedMs && cached.expiresAt > this.#now()) {
      this.#cache.delete(origin);
      this.#cache.set(origin, cached);
      return Promise.resolve(cached.keys);
    }
    const pending = this.#pending.get(origin);
    if (pending) return pending;
    const fetchesNow = cached?.keys ? fetchesForKnownMax : fetchesMax;
    if (this.#pending.size >= fetchesNow || inDomain(this.#pending.keys(), origin) >= fetchesPerDomainMax) {
      throw new SiteError("unavailable", "Too many key directories are being fetched. Try again in a moment.", {
        headers: { "retry-after": "5" },
      });
    }
    const loading = this.#load(origin)
      .catch(() => undefined)
      .then((keys) => {
        this.#pending.delete(origin);
        this.#keep(origin, { keys, expiresAt: this.#now() + (keys ? cachedMs : failureCachedMs) });
        return keys;
      });
    this.#pending.set(origin, loading);
    return loading;
  }

  /** Failures make room first, then what its own domain has used longest ago, then what anybody has. */
  #keep(origin: string, entry: Cached): void {
    this.#cache.delete(origin);
    this.#cache.set(origin, entry);
    const crowded = inDomain(this.#cache.keys(), origin) > directoriesPerDomainMax;
    if (!crowded && this.#cache.size <= directoriesMax) return;
    const domain = domainOf(origin);
    const candidates = [...this.#cache].filter(([one]) => !crowded || domainOf(one) === domain);
    const [evicted] = candidates.find(([, { keys }]) => !keys) ?? candidates[0]!;
    this.#cache.delete(evicted);
  }

  async #load(origin: string): Promise<Map<string, Ed25519Jwk>> {
    const response = await this.#fetch(origin + directoryPath, {
      redirect: "error",
      signal: AbortSignal.timeout(fetchTimeoutMs),
      headers: { accept: "application/http-message-signatures-directory+json, application/json" },
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`the directory answered ${response.status}`);
    }
    const { keys } = JSON.parse(await readBounded(response, directoryBytesMax)) as { keys?: unknown };
    const found = new Map<string, Ed25519Jwk>();
    for (const key of Array.isArray(keys) ? keys.slice(0, keysMax) : []) {
      if (isEd25519(key)) found.set(await thumbprint(key), key);
    }
    return found;
  }
}

const inDomain = (origins: Iterable<string>, origin: string): number => {
  const domain = domainOf(origin);
  let count = 0;
  for (const one of origins) if (domainOf(one) === domain) count++;
  return count;
};

/** Whose a host is, nearly: its last two labels, or three where the last but one is short, as in `example.co.uk`. */
export function domainOf(origin: string): string {
  const labels = new URL(origin).hostname.split(".");
  return labels.slice(labels.at(-2)!.length <= 3 ? -3 : -2).join(".");
}

const isEd25519 = (key: unknown): key is Ed25519Jwk => {
  const { kty, crv, x } = (key ?? {}) as Partial<Ed25519Jwk>;
  return kty === "OKP" && crv === "Ed25519" && typeof x === "string" && /^[\w-]{43}$/.test(x);
};

/** RFC 7638, over the members that RFC 8037 names. */
export async function thumbprint({ crv, kty, x }: Ed25519Jwk): Promise<string> {
  const canonical = new TextEncoder().encode(JSON.stringify({ crv, kty, x }));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", canonical));
  return btoa(String.fromCharCode(...digest))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/**
 * The origin that a `Signature-Agent` value names, if a server may be sent there: HTTPS, a public DNS name, no port tricks.
 * Names that resolve to private addresses are not caught here; hand in a `directoryFetch` that pins addresses where that matters.
 */
export function directoryOrigin(agent: string): string | undefined {
  const url = URL.canParse(agent) ? new URL(agent) : undefined;
  if (url?.protocol !== "https:" || url.port || url.username || url.password) return undefined;
  const host = url.hostname.replace(/\.$/, "");
  const labels = host.split(".");
  const isAddress = host.startsWith("[") || /^\d+$/.test(labels.at(-1)!);
  const isLocal =
    labels.length < 2 || /^(?:localhost|local|internal|lan|home|corp|intranet|arpa|onion)$/.test(labels.at(-1)!);
  return isAddress || isLocal ? undefined : url.origin;
}
