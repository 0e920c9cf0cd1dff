import { agentIdHeader, type HasContract, manifestPath, type SiteContract } from "@agentgate/protocol/site";
import { siteBase, urlOf } from "./addresses.ts";
import { type AgentClientOptions, byDirectory, type DiscoverOptions } from "./client-options.ts";
import type { ContractOf } from "./contract-types.ts";
import { credentialStore } from "./credentials.ts";
import { DiscoveredSite } from "./discovered-site.ts";
import { AuthError, ConnectionError, ManifestNotFoundError } from "./errors.ts";
import { type CachedSite, manifestCache, type RefreshSite } from "./manifest-cache.ts";
import { parseJson } from "./parse-json.ts";
import { text } from "./plain-values.ts";
import { readManifest } from "./read-manifest.ts";
import { readText } from "./read-text.ts";
import type { FoundSite, SearchOptions } from "./search.ts";
import { type ConnectionSettings, siteConnection } from "./site-connection.ts";
import { sender, type Timing } from "./transport.ts";

const manifestCharactersMax = 1024 * 1024;

/** Finds out what websites offer to agents, and calls it. */
export class AgentClient {
  readonly #cached: (
    url: string,
    ttlMs: number,
    refresh: RefreshSite<DiscoveredSite>,
    signal?: AbortSignal,
  ) => Promise<DiscoveredSite>;
  readonly #settings: ConnectionSettings;
  readonly #options: AgentClientOptions;
  readonly #timing: Timing;

  constructor(options: AgentClientOptions = {}) {
    const { agentId, retriesMax = 2, sitesMax = 100, timeoutMs = 60_000, responseCharactersMax = 2 ** 24 } = options;
    new Headers({ [agentIdHeader]: agentId ?? "" }); // throws for an id that no header can carry
    this.#options = options;
    this.#timing = { ...realTiming, ...options.timing };
    this.#cached = manifestCache(this.#timing.now, sitesMax);
    this.#settings = {
      send: sender(options.fetch ?? ((url, init) => fetch(url, init)), this.#timing, retriesMax),
      credentials: credentialStore(options),
      agentId,
      timeoutMs,
      charactersMax: responseCharactersMax,
    };
  }

  /**
   * Reads what the site at `url` offers, without prior knowledge of it.
   *
   * Give the type of the site's app, or a contract that `agentgate types` wrote, and every call is typed:
   * `discover<typeof app>("https://myshop.com")`.
   *
   * @throws {@link ManifestNotFoundError} when the site does not support agentgate
   * @throws {@link ManifestInvalidError} when its manifest cannot be used
   * @throws {@link ConnectionError} when it cannot be reached, or must not be
   */
  async discover<App extends HasContract | SiteContract = SiteContract>(
    url: string | URL,
    { signal, refresh, [byDirectory]: isFound }: DiscoverOptions & { [byDirectory]?: true } = {},
  ): Promise<DiscoveredSite<ContractOf<App>>> {
    const { allowHttp, manifestTtlMs = 300_000 } = this.#options;
    const base = siteBase(url, allowHttp);
    const ttlMs = refresh ? 0 : manifestTtlMs;
    const site = await this.#cached(
      base.href,
      ttlMs,
      (stale, shared) =>
        siteConnection(base, this.#settings).get(manifestPath, stale?.etag, shared, (reply) =>
          this.#read(reply, base, stale),
        ),
      signal,
    );
    if (!isFound) this.#settings.credentials.discovered(base.origin);
    return site as unknown as DiscoveredSite<ContractOf<App>>;
  }

  /**
   * Finds sites by what they can do, in a directory: `search("order food", { directory: "https://gateway.example" })`. The best come
   * first; `discover()` of one makes it callable.
   *
   * @throws {@link DirectoryError} when there is no directory, or none that can be used
   * @throws {@link ConnectionError} when it cannot be reached, or must not be
   */
  async search(question: string, options: SearchOptions): Promise<FoundSite[]> {
    // Loaded by the first search: most agents know where they go.
    const { search } = await import("./search.ts");
    return search(this, this.#settings, this.#options, this.#timing, question, options);
  }

  async #read(
    response: Response,
    base: URL,
    stale: CachedSite<DiscoveredSite> | undefined,
  ): Promise<CachedSite<DiscoveredSite>> {
    const { status, headers } = response;
    const body = await readText(response, manifestCharactersMax);
    const checkedAt = this.#timing.now();
    if (stale && status === 304) return { ...stale, checkedAt };

    const json = Object(status === 200 && parseJson(body)) as Record<string, unknown>;
    if ("agent_api_version" in json) {
      const paths = pathBase(base, text(json.base_url));
      const connection = siteConnection(paths, this.#settings, json.idempotency_keys === true);
      const site = new DiscoveredSite(connection, readManifest(json, paths));
      return { site, etag: headers.get("etag"), checkedAt };
    }
    const message = `${base} answered ${status} and no manifest`;
    const details = { status };
    if (status === 401 || status === 403) throw new AuthError("unauthorized", message, details);
    if (status === 429 || status > 499) throw new ConnectionError(`http_${status}`, message, details);
    throw new ManifestNotFoundError("manifest_not_found", `${message}: it does not support agentgate`, details);
  }
}

/** Paths begin at the manifest's `base_url` if that lies on the origin that was discovered, else where it was discovered. */
function pathBase(discovered: URL, baseUrl: string): URL {
  const declared = urlOf(baseUrl);
  return declared?.origin === discovered.origin ? new URL(declared.pathname, discovered) : discovered;
}

const realTiming: Timing = {
  now: () => Date.now(),
  random: () => Math.random(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    }),
};
