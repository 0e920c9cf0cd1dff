/** One discovered site with the time and version of its manifest. */
export interface CachedSite<Site> {
  readonly site: Site;
  readonly etag: string | null;
  /** Milliseconds since the epoch. */
  readonly checkedAt: number;
}

/** Gets a site, knowing the stale one if there is one. The signal aborts when no caller waits any more. */
export type RefreshSite<Site> = (stale: CachedSite<Site> | undefined, signal: AbortSignal) => Promise<CachedSite<Site>>;

interface Flight<Site> {
  readonly promise: Promise<CachedSite<Site>>;
  readonly controller: AbortController;
  waiting: number;
}

/** Sites by URL: fresh until `ttlMs`, fetched once however many ask at the same time, the least recently used dropped. */
export function manifestCache<Site>(now: () => number, sitesMax: number) {
  // A Map keeps insertion order, so the first key is the least recently used.
  const sites = new Map<string, CachedSite<Site>>();
  const flights = new Map<string, Flight<Site>>();

  const keep = (url: string, entry: CachedSite<Site>) => {
    sites.delete(url);
    sites.set(url, entry);
    if (sites.size > sitesMax) sites.delete(sites.keys().next().value!);
    return entry;
  };

  const launch = (url: string, refresh: RefreshSite<Site>) => {
    const controller = new AbortController();
    const promise = refresh(sites.get(url), controller.signal).then((fresh) => keep(url, fresh));
    const flight = { promise, controller, waiting: 0 };
    flights.set(url, flight);
    return flight;
  };

  return async (url: string, ttlMs: number, refresh: RefreshSite<Site>, signal?: AbortSignal): Promise<Site> => {
    signal?.throwIfAborted();
    const cached = sites.get(url);
    if (cached && now() - cached.checkedAt < ttlMs) return keep(url, cached).site;

    const flight = flights.get(url) ?? launch(url, refresh);
    flight.waiting++;
    const settled = new AbortController();
    const aborted = new Promise<never>((_, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason), { signal: settled.signal });
    });
    try {
      return (await Promise.race([flight.promise, aborted])).site;
    } finally {
      settled.abort();
      if (!--flight.waiting) {
        // Whoever comes from now on must not join a flight that is being called off.
        flights.delete(url);
        flight.controller.abort();
      }
    }
  };
}
