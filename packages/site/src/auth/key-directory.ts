/** An Ed25519 public key (RFC 8037). */
export interface Ed25519Jwk {
  readonly kty: "OKP";
  readonly crv: "Ed25519";
  readonly x: string;
}

export const directoryPath = "/.well-known/http-message-signatures-directory";

const cachedMs = 60 * 60 * 1000;
const failureCachedMs = 60 * 1000;
const directoriesMax = 500;
const directoryBytesMax = 65_536;
const keysMax = 50;
const fetchTimeoutMs = 5_000;

interface Cached {
  readonly keys: Promise<ReadonlyMap<string, Ed25519Jwk>>;
  expiresAt: number;
}

/** Public keys that agents publish, fetched once an hour and bounded in every direction. */
export class KeyDirectories {
  readonly #fetch: typeof fetch;
  readonly #now: () => number;
  readonly #cache = new Map<string, Cached>();

  constructor(fetchDirectory: typeof fetch, now: () => number) {
    this.#fetch = fetchDirectory;
    this.#now = now;
  }

  /** @returns keys by thumbprint; none when the directory cannot be had */
  keysOf(origin: string): Promise<ReadonlyMap<string, Ed25519Jwk>> {
    const cached = this.#cache.get(origin);
    if (cached && cached.expiresAt > this.#now()) return cached.keys;
    if (this.#cache.size >= directoriesMax) this.#cache.delete(this.#cache.keys().next().value!);
    const entry: Cached = {
      expiresAt: this.#now() + cachedMs,
      keys: this.#load(origin).catch(() => {
        entry.expiresAt = this.#now() + failureCachedMs;
        return new Map();
      }),
    };
    this.#cache.set(origin, entry);
    return entry.keys;
  }

  async #load(origin: string): Promise<Map<string, Ed25519Jwk>> {
    const response = await this.#fetch(origin + directoryPath, {
      redirect: "error",
      signal: AbortSignal.timeout(fetchTimeoutMs),
      headers: { accept: "application/http-message-signatures-directory+json, application/json" },
    });
    if (!response.ok) throw new Error(`the directory answered ${response.status}`);
    const { keys } = JSON.parse(await readBounded(response)) as { keys?: unknown };
    const found = new Map<string, Ed25519Jwk>();
    for (const key of Array.isArray(keys) ? keys.slice(0, keysMax) : []) {
      if (isEd25519(key)) found.set(await thumbprint(key), key);
    }
    return found;
  }
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

async function readBounded(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > directoryBytesMax) throw new Error("the directory is too large");
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
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
