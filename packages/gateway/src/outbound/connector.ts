import { isIP, type LookupFunction, type Socket } from "node:net";
import type { Log } from "../runtime/index.ts";
import type { AddressRule } from "./address-policy.ts";
import { addressRanges } from "./address-ranges.ts";
import type { ConnectBreaker } from "./connect-breaker.ts";
import { type HostedPlaces, hostedAgent } from "./hosted.ts";
import { codeOf, OutboundError } from "./outbound-error.ts";
import type { Resolve } from "./resolver.ts";
import { refusedAddress } from "./target.ts";
import { buildConnector, type Connector } from "./undici.ts";
import type { WireMeter } from "./wire-meter.ts";

export interface ConnectorOptions {
  rule: AddressRule;
  log: Log;
  resolve: Resolve;
  /** For lookup, TCP and TLS handshake together, in milliseconds. */
  connectTimeoutMs: number;
  /** Certificate authorities to trust instead of the well-known ones, PEM. */
  ca?: string | undefined;
  sockets: SocketBudget;
  wire: WireMeter;
  hosted: HostedPlaces;
}

/** Sockets of one origin. */
export interface SocketCount {
  connecting: number;
  open: number;
}

/** Sockets of all origins. */
export interface SocketBudget {
  /** Open or connecting. */
  used: number;
  readonly max: number;
  /** Closes idle connections, if there are any. */
  free(): boolean;
}

/** More addresses than a connect timeout can try. */
const addressesTriedMax = 8;

/**
 * Makes connections to checked addresses only. A name is looked up once per connection, all its addresses are checked, and the socket
 * is given that very list: there is no second lookup that could answer differently (DNS rebinding). TLS still verifies the name.
 */
export function createConnector(options: ConnectorOptions, count: SocketCount, breaker: ConnectBreaker): Connector {
  const { rule, log, sockets, wire } = options;
  const connect = buildConnector({
    allowH2: false,
    timeout: options.connectTimeoutMs,
    lookup: checkedLookup(options),
    ...(options.ca !== undefined && { ca: options.ca }),
  });
  const onClose = () => {
    count.open -= 1;
    sockets.used -= 1;
  };
  return (target, callback) => {
    const fail = (error: Error) => {
      const fields = { host: target.hostname, err: error };
      if (OutboundError.isInstance(error) && error.kind !== "busy") log.warn(fields, "refused to connect");
      else log.debug(fields, "cannot connect");
      callback(error, null);
    };
    const agentId = hostedAgent(target.hostname);
    const place = agentId === undefined ? undefined : placeOf(agentId, options.hosted);
    if (agentId !== undefined && !place) {
      fail(notRunning());
      return;
    }
    if (isIP(target.hostname) !== 0 && rule.refuses(target.hostname)) {
      fail(refusedAddress(rule));
      return;
    }
    if (sockets.used >= sockets.max && !sockets.free()) {
      fail(new OutboundError("busy", "too many connections are open"));
      return;
    }
    count.connecting += 1;
    sockets.used += 1;
    connect(place ? { ...target, ...place } : target, (...[error, socket]) => {
      count.connecting -= 1;
      breaker.onAttempt(error ? (isTimeout(error) ? "timed out" : "failed") : "connected");
      if (error) {
        sockets.used -= 1;
        fail(error);
        return;
      }
      const problem = place ? null : problemOf(socket, options);
      if (problem) {
        sockets.used -= 1;
        socket.destroy();
        fail(problem);
        return;
      }
      count.open += 1;
      wire.watch(socket);
      socket.on("close", onClose);
      callback(null, socket);
    });
  };
}

function isTimeout(error: Error): boolean {
  const code = codeOf(error);
  return code === "UND_ERR_CONNECT_TIMEOUT" || code === "ETIMEDOUT";
}

/** Addresses are checked before a connection is made; a refusal here means that this has stopped being true. */
function problemOf({ remoteAddress, remotePort }: Socket, { rule, hosted }: ConnectorOptions): Error | null {
  if (remoteAddress === undefined) return Object.assign(new Error("closed at once"), { code: "ECONNRESET" });
  // Where private networks are open, a hosted agent's port is still its own.
  const isHosted = LOOPBACK.has(remoteAddress) && hosted.isTaken(remotePort);
  return rule.refuses(remoteAddress) || isHosted ? refusedAddress(rule) : null;
}

const LOOPBACK: { has(address: string): boolean } = addressRanges(["127.0.0.0/8", "::1"]);

/** Where a hosted agent listens, in place of the name that stands for it. */
function placeOf(agentId: string, hosted: HostedPlaces) {
  const port = hosted.portOf(agentId);
  return port === undefined ? undefined : { hostname: "127.0.0.1", host: `127.0.0.1:${port}`, port: `${port}` };
}

export const notRunning = () => new OutboundError("not_running", "the agent does not run on this node of the gateway");

/**
 * A name that leads to a refused address is refused altogether. Where private networks are allowed, it is called at its other ones: the
 * names of one's own machine and its neighbours have a link-local address as well.
 */
export function checkedLookup({ resolve, rule }: Pick<ConnectorOptions, "resolve" | "rule">): LookupFunction {
  return (hostname, options, callback) => {
    const fail = (error: Error) => callback(error, "", 0);
    resolve(hostname).then(
      (found) => {
        const open = found.filter(({ address }) => !rule.refuses(address));
        const addresses = open.slice(0, addressesTriedMax);
        const first = addresses[0];
        if (found.length === 0) fail(unresolved());
        else if (!first || (open.length < found.length && !rule.allowPrivateNetworks)) fail(refusedAddress(rule));
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
