import { isIP, type LookupFunction } from "node:net";
import type { Log } from "../runtime/index.ts";
import { isRefusedAddress } from "./address-rules.ts";
import type { ConnectBreaker } from "./connect-breaker.ts";
import { codeOf, OutboundError } from "./outbound-error.ts";
import type { Resolve } from "./resolver.ts";
import { type AddressPolicy, refusedAddress } from "./target.ts";
import { buildConnector, type Connector } from "./undici.ts";

export interface ConnectorOptions extends AddressPolicy {
  log: Log;
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
export function createConnector(options: ConnectorOptions, count: SocketCount, breaker: ConnectBreaker): Connector {
  const { allowPrivateNetworks, log } = options;
  const connect = buildConnector({
    allowH2: false,
    timeout: options.connectTimeoutMs,
    lookup: checkedLookup(options),
    ...(options.ca !== undefined && { ca: options.ca }),
  });
  return (target, callback) => {
    const fail = (error: Error) => {
      const fields = { host: target.hostname, err: error };
      if (OutboundError.isInstance(error)) log.warn(fields, "refused to connect");
      else log.debug(fields, "cannot connect");
      callback(error, null);
    };
    if (!allowPrivateNetworks && isIP(target.hostname) !== 0 && isRefusedAddress(target.hostname)) {
      fail(refusedAddress());
      return;
    }
    count.connecting += 1;
    connect(target, (...[error, socket]) => {
      count.connecting -= 1;
      breaker.onAttempt(error ? (isTimeout(error) ? "timed out" : "failed") : "connected");
      if (error) {
        fail(error);
        return;
      }
      const problem = problemOf(socket.remoteAddress, allowPrivateNetworks);
      if (problem) {
        socket.destroy();
        fail(problem);
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

function isTimeout(error: Error): boolean {
  const code = codeOf(error);
  return code === "UND_ERR_CONNECT_TIMEOUT" || code === "ETIMEDOUT";
}

/** Addresses are checked before a connection is made; a refusal here means that this has stopped being true. */
function problemOf(remoteAddress: string | undefined, allowPrivateNetworks: boolean): Error | null {
  if (remoteAddress === undefined) return Object.assign(new Error("closed at once"), { code: "ECONNRESET" });
  return !allowPrivateNetworks && isRefusedAddress(remoteAddress) ? refusedAddress() : null;
}

function checkedLookup({ resolve, allowPrivateNetworks }: ConnectorOptions): LookupFunction {
  return (hostname, options, callback) => {
    const fail = (error: Error) => callback(error, "", 0);
    resolve(hostname).then(
      (found) => {
        const addresses = found.slice(0, addressesTriedMax);
        const first = addresses[0];
        if (!first) fail(unresolved());
        else if (!allowPrivateNetworks && found.some(({ address }) => isRefusedAddress(address)))
          fail(refusedAddress());
        else if (options.all) callback(null, addresses);
        else callback(null, first.address, first.family);
      },
      (error) => fail(unresolved(error)),
    );
  };
}

/** One code for every way a lookup fails; a name server's `ECONNREFUSED` is not the agent's. */
function unresolved(cause?: unknown): Error {
  return Object.assign(new Error("the host name does not resolve", { cause }), { code: "ENOTFOUND" });
}
