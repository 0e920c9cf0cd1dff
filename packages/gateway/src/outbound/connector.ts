import { isIP, type LookupFunction } from "node:net";
import { buildConnector } from "undici";
import { isRefusedAddress } from "./address-rules.ts";
import type { Resolve } from "./resolver.ts";
import { type AddressPolicy, refusedAddress } from "./target.ts";

export interface ConnectorOptions extends AddressPolicy {
  resolve: Resolve;
  /** For lookup, TCP and TLS handshake together, in milliseconds. */
  connectTimeoutMs: number;
  /** Certificate authorities to trust instead of the well-known ones, PEM. */
  ca?: string | undefined;
}

/** Sockets of one pool or of all of them. */
export interface SocketCount {
  connecting: number;
  open: number;
}

/** More addresses than a connect timeout can try. */
const addressesTriedMax = 8;

/**
 * Makes connections to checked addresses only. A name is looked up once per connection, all its addresses are checked, and the socket
 * is given that very list: there is no second lookup that could answer differently (DNS rebinding). TLS still verifies the name.
 */
export function createConnector(options: ConnectorOptions, count: SocketCount): buildConnector.connector {
  const { allowPrivateNetworks } = options;
  const connect = buildConnector({
    allowH2: false,
    timeout: options.connectTimeoutMs,
    lookup: checkedLookup(options),
    ...(options.ca !== undefined && { ca: options.ca }),
  });
  return (target, callback) => {
    if (!allowPrivateNetworks && isIP(target.hostname) !== 0 && isRefusedAddress(target.hostname)) {
      callback(refusedAddress(), null);
      return;
    }
    count.connecting += 1;
    connect(target, (...[error, socket]) => {
      count.connecting -= 1;
      if (error) {
        callback(error, null);
        return;
      }
      const address = socket.remoteAddress;
      if (address === undefined) {
        socket.destroy();
        callback(Object.assign(new Error("closed by the peer at once"), { code: "ECONNRESET" }), null);
        return;
      }
      // Checked before the connection was made; this only strikes if that ever stops being true.
      if (!allowPrivateNetworks && isRefusedAddress(address)) {
        socket.destroy();
        callback(refusedAddress(), null);
        return;
      }
      count.open += 1;
      socket.once("close", () => {
        count.open -= 1;
      });
      callback(null, socket);
    });
  };
}

function checkedLookup({ resolve, allowPrivateNetworks }: ConnectorOptions): LookupFunction {
  return (hostname, options, callback) => {
    const fail = (error: Error) => callback(error, "", 0);
    resolve(hostname).then((found) => {
      const addresses = found.slice(0, addressesTriedMax);
      const first = addresses[0];
      if (!first) return fail(Object.assign(new Error("the name has no address"), { code: "ENOTFOUND" }));
      if (!allowPrivateNetworks && found.some(({ address }) => isRefusedAddress(address)))
        return fail(refusedAddress());
      if (options.all) callback(null, [...addresses]);
      else callback(null, first.address, first.family);
    }, fail);
  };
}
