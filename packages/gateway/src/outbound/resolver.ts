import { lookup, Resolver } from "node:dns/promises";
import type { Clock } from "../runtime/index.ts";

export interface ResolvedAddress {
  /** An IPv4 or IPv6 literal. */
  address: string;
  family: number;
}

/** Looks up every address of a host name. Rejects when there is none. */
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>;

/**
 * The operating system's resolver: hosts file, search domains and all, so that a container finds its neighbour by a short name. Each
 * lookup holds one of two threads until it ends, so a few names whose servers never answer would hold up every other name.
 */
export const systemResolve: Resolve = (hostname) => lookup(hostname, { all: true });

/** How long the name servers of the machine's configuration are taken to be the same. */
const configurationMs = 60_000;

/**
 * Plain DNS, which is all a name on the public internet needs, and which holds no thread: names that do not answer cost only those
 * who call them.
 *
 * @param servers name servers as `address:port`, instead of the machine's
 */
export function createDnsResolve(clock: Clock, servers?: readonly string[]): Resolve {
  let resolver: Resolver;
  let madeMs = Number.NEGATIVE_INFINITY;
  const current = () => {
    const now = clock.monotonic();
    if (now - madeMs >= configurationMs) {
      resolver = new Resolver({ timeout: 1_500, tries: 2 });
      if (servers) resolver.setServers(servers);
      madeMs = now;
    }
    return resolver;
  };
  return async (hostname) => {
    const [ipv4, ipv6] = await Promise.allSettled([current().resolve4(hostname), current().resolve6(hostname)]);
    if (ipv4.status === "rejected" && ipv6.status === "rejected") throw ipv4.reason;
    return [...addressesOf(ipv4, 4), ...addressesOf(ipv6, 6)];
  };
}

function addressesOf(found: PromiseSettledResult<string[]>, family: number): ResolvedAddress[] {
  return found.status === "fulfilled" ? found.value.map((address) => ({ address, family })) : [];
}

/** Shares one lookup among those who ask for the same name while it is under way, for `maxMs` at most; remembers nothing afterwards. */
export function shareLookups(resolve: Resolve, clock: Clock, maxMs: number): Resolve {
  const underWay = new Map<string, Promise<readonly ResolvedAddress[]>>();
  return (hostname) => {
    const shared = underWay.get(hostname);
    if (shared) return shared;
    const lookedUp = resolve(hostname);
    underWay.set(hostname, lookedUp);
    const forget = () => {
      cancel();
      if (underWay.get(hostname) === lookedUp) underWay.delete(hostname);
    };
    const cancel = clock.after(maxMs, forget);
    lookedUp.then(forget, forget);
    return lookedUp;
  };
}
