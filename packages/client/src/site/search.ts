import {
  type DirectorySite,
  directoryFindings,
  directoryPath,
  type SiteDirectory,
  searchSites,
  siteFindings,
} from "@agentgate/protocol/directory";
import { siteBase, urlOf } from "./addresses.ts";
import { type AgentClientOptions, byDirectory, type DiscoverOptions } from "./client-options.ts";
import type { DiscoveredSite } from "./discovered-site.ts";
import { ConnectionError, DirectoryError } from "./errors.ts";
import { parseJson } from "./parse-json.ts";
import { text } from "./plain-values.ts";
import { readText } from "./read-text.ts";
import { type ConnectionSettings, type SiteConnection, siteConnection } from "./site-connection.ts";
import type { Timing } from "./transport.ts";

export interface SearchOptions {
  /** Where it is: a gateway, the address of an `agentgate.json`, or the document itself. */
  readonly directory: string | URL | SiteDirectory;
  /** Sites at most. Default 10. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** A site that a search has found. */
export interface FoundSite {
  readonly url: string;
  readonly name: string;
  readonly description: string;
  /** What of it the question's words are found in, the best first. */
  readonly operations: readonly { readonly kind: "intent" | "flow"; readonly name: string }[];
  /** As the directory has it. */
  readonly entry: DirectorySite;
  /** Reads the site's own manifest, which alone says how it is called. The client's `apiKey` is never for a site that was found so. */
  discover(options?: DiscoverOptions): Promise<DiscoveredSite>;
}

interface DirectoryReading {
  /** A connection to this origin. */
  open(origin: string): SiteConnection;
  now(): number;
  /** How long a directory that was read is used. */
  ttlMs: number;
}

/** Of a directory that is read: characters of a page, pages, sites. */
const limits = { pageCharacters: 4 * 1024 * 1024, pages: 20, sites: 10_000 };
const directoriesMax = 8;

interface ReadDirectory {
  readonly sites: readonly DirectorySite[];
  readonly checkedAt: number;
}

/** An `AgentClient`. */
interface Discoverer {
  discover(url: string, options: DiscoverOptions & { [byDirectory]: true }): Promise<DiscoveredSite>;
}

const readers = new WeakMap<Discoverer, DirectoryReader>();

/** `AgentClient.search` */
export async function search(
  client: Discoverer,
  settings: ConnectionSettings,
  { allowHttp, manifestTtlMs: ttlMs = 300_000 }: AgentClientOptions,
  { now }: Timing,
  question: string,
  { directory, limit = 10, signal }: SearchOptions,
): Promise<FoundSite[]> {
  let reader = readers.get(client);
  if (!reader) {
    reader = new DirectoryReader({
      open: (origin) => siteConnection(siteBase(origin, allowHttp), settings),
      now,
      ttlMs,
    });
    readers.set(client, reader);
  }
  const isPlace = typeof directory === "string" || directory instanceof URL;
  const sites = isPlace ? await reader.sitesAt(placeOf(directory), signal) : usable(directory).sites;
  return searchSites(question, sites)
    .slice(0, limit)
    .map(({ site, operations }) => ({
      url: site.url,
      name: site.name,
      description: site.description,
      operations,
      entry: site,
      discover: (options) => client.discover(site.url, { ...options, [byDirectory]: true }),
    }));
}

/** Reads directories of sites, page by page, and keeps those that were read. */
class DirectoryReader {
  readonly #options: DirectoryReading;
  readonly #read = new Map<string, ReadDirectory>();

  constructor(options: DirectoryReading) {
    this.#options = options;
  }

  async sitesAt(place: URL, signal: AbortSignal | undefined): Promise<readonly DirectorySite[]> {
    const { now, ttlMs } = this.#options;
    const known = this.#read.get(place.href);
    if (known && now() - known.checkedAt < ttlMs) return known.sites;
    const sites: DirectorySite[] = [];
    let next: URL | undefined = place;
    for (let page = 0; next && page < limits.pages && sites.length < limits.sites; page++) {
      const found = await this.#page(next, signal);
      sites.push(...found.sites);
      next = found.next === null ? undefined : urlOf(found.next, next);
      // A directory does not send its readers elsewhere.
      if (next && next.origin !== place.origin) break;
    }
    this.#read.delete(place.href);
    this.#read.set(place.href, { sites, checkedAt: now() });
    if (this.#read.size > directoriesMax) this.#read.delete(this.#read.keys().next().value!);
    return sites;
  }

  #page(place: URL, signal = new AbortController().signal): Promise<Pick<SiteDirectory, "sites" | "next">> {
    return this.#options.open(place.origin).get(place.pathname + place.search, null, signal, async (response) => {
      const { status } = response;
      const body = await readText(response, limits.pageCharacters);
      if (status === 429 || status > 499)
        throw new ConnectionError(`http_${status}`, `${place} answered ${status}`, { status });
      const document = status === 200 ? parseJson(body) : undefined;
      if (!("directory_version" in Object(document))) {
        const message = `${place} answered ${status} and no directory of sites`;
        throw new DirectoryError("directory_not_found", message, { status });
      }
      return usable(document);
    });
  }
}

/** A gateway's own directory, unless the address is that of a document. */
function placeOf(given: string | URL): URL {
  const url = urlOf(given);
  if (!url)
    throw new DirectoryError("directory_not_found", `${JSON.stringify(given)} is not the address of a directory`);
  if (!url.pathname.endsWith(".json")) url.pathname = url.pathname.replace(/\/+$/, "") + directoryPath;
  url.hash = "";
  return url;
}

/** What of a document can be used: an entry that is wrong costs nobody the others. @throws {@link DirectoryError} */
function usable(document: unknown): Pick<SiteDirectory, "sites" | "next"> {
  const [wrong] = directoryFindings(document).filter(({ path }) => !path.startsWith("/sites/"));
  if (wrong) {
    throw new DirectoryError(
      "directory_invalid",
      `Unusable directory: ${wrong.path || "the document"}: ${wrong.message}`,
    );
  }
  const { sites, next } = document as SiteDirectory;
  return { sites: sites.filter((site) => siteFindings(site).length === 0), next: text(next) || null };
}
