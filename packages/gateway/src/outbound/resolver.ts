import { lookup } from "node:dns/promises";

export interface ResolvedAddress {
  /** An IPv4 or IPv6 literal. */
  address: string;
  family: number;
}

/** Looks up every address of a host name. Rejects when there is none. */
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>;

/** The operating system's own resolver: hosts file, search domains and all, as every other program on the machine sees names. */
export const systemResolve: Resolve = (hostname) => lookup(hostname, { all: true });

/** Shares one lookup among the callers that ask for the same name while it is under way; remembers nothing afterwards. */
export function shareLookups(resolve: Resolve): Resolve {
  const underWay = new Map<string, Promise<readonly ResolvedAddress[]>>();
  return (hostname) => {
    const shared = underWay.get(hostname);
    if (shared) return shared;
    const lookedUp = resolve(hostname).finally(() => underWay.delete(hostname));
    underWay.set(hostname, lookedUp);
    return lookedUp;
  };
}
