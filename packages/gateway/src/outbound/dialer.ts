import { type Clock, createLruCache, FairShares, type Log } from "../runtime/index.ts";
import { type AddressPolicy, createAddressRule } from "./address-policy.ts";
import type { Surroundings } from "./call.ts";
import { checkRegistration, type RegistrationCheck } from "./check-registration.ts";
import { type ConnectorOptions, notRunning } from "./connector.ts";
import { Deadlines } from "./deadlines.ts";
import { shuttingDown } from "./failure.ts";
import { Holding } from "./holding.ts";
import { HostedPlaces, hostedUrl } from "./hosted.ts";
import { type DialerLimits, descriptorLimit, limitsFor } from "./limits.ts";
import type { Origin, OriginStats } from "./origin.ts";
import { Origins } from "./origins.ts";
import { OutboundError } from "./outbound-error.ts";
import {
  dispatchOptions,
  type OutboundCallRequest,
  type OutboundRequest,
  type OutboundStreamRequest,
  type PreparedTarget,
} from "./request.ts";
import { createDnsResolve, type Resolve, shareLookups, systemResolve } from "./resolver.ts";
import { type OutboundStreamCall, StreamCall } from "./stream-call.ts";
import { parseTarget, refusedAddress, type Target } from "./target.ts";
import { type OutboundCall, UnaryCall } from "./unary-call.ts";
import { WireMeter } from "./wire-meter.ts";

export interface DialerOptions extends AddressPolicy {
  clock: Clock;
  log: Log;
  /** Name lookup; by default the operating system's where private networks are allowed, and plain DNS elsewhere. */
  resolve?: Resolve;
  /** Certificate authorities to trust instead of the well-known ones, PEM. */
  ca?: string;
  /** Bytes of answers under way, to all calls; an owner may have as many as it leaves for others. */
  answerBytesMax?: number;
  limits?: Partial<DialerLimits>;
}

export interface DialerStats extends OriginStats {
  /** Bytes of answers that are kept for calls under way. */
  answerBytes: number;
  /** By origin, such as `https://agent.example:8443`. */
  origins: Record<string, OriginStats>;
}

/** The gateway's one way out: every connection to a place that someone else named is made here. */
export interface Dialer {
  /** Makes a request and collects its response. Redirects are not followed: a 3xx is an answer like any other. */
  send(request: OutboundCallRequest): OutboundCall;
  /** Makes a request and hands out its response while it arrives. */
  open(request: OutboundStreamRequest): OutboundStreamCall;
  /**
   * Checks and takes apart a URL once for many calls. `send` and `open` do the same for a URL given as text, and remember it.
   *
   * @throws OutboundError `invalid_request` or `refused_address`
   */
  prepare(url: string): PreparedTarget;
  /**
   * Whether a URL may be registered: its form, and its address as far as known by now. A name that does not resolve passes; the
   * address is checked again, and pinned, at every connection.
   */
  checkUrl(url: string): Promise<RegistrationCheck>;
  /**
   * From now on calls of this agent, which runs beside the gateway, go to this port of the machine, and nobody else's do. Settles when the
   * calls to where it was before are over.
   */
  host(agentId: string, port: number): Promise<void>;
  /** The agent is called no more. Settles when the calls under way are over. */
  unhost(agentId: string): Promise<void>;
  /** Whether it runs beside this gateway. */
  hosts(agentId: string): boolean;
  /** For bytes that are kept of answers when their calls are over. Must be released. */
  hold(owner: string): Holding;
  stats(): DialerStats;
  /** Takes no more calls, gives those under way `graceMs` to end, then cuts them off. */
  close(graceMs?: number): Promise<void>;
}

/** The target, and the origin's connections while there are any. */
interface DialerTarget extends Target, PreparedTarget {
  connections: Origin | null;
}

const preparedTargetsMax = 4096;
const graceDefaultMs = 10_000;
const answerBytesDefault = 256 * 1024 * 1024;

export function createDialer(options: DialerOptions): Dialer {
  const { clock, log } = options;
  const rule = createAddressRule(options);
  const limits: DialerLimits = { ...limitsFor(descriptorLimit()), ...options.limits };
  const resolve = options.resolve ?? (rule.allowPrivateNetworks ? systemResolve : createDnsResolve(clock));
  const deadlines = new Deadlines(clock);
  const wire = new WireMeter();
  const hosted = new HostedPlaces();
  const room = new FairShares(options.answerBytesMax ?? answerBytesDefault);
  const surroundings: Surroundings = { clock, deadlines, room, wire };
  const connecting: ConnectorOptions = {
    rule,
    log,
    resolve: shareLookups(resolve, clock, limits.connectTimeoutMs),
    connectTimeoutMs: limits.connectTimeoutMs,
    ca: options.ca,
    wire,
    hosted,
    sockets: { used: 0, max: limits.sockets, free: () => origins.freeSockets() },
  };
  const targets = createLruCache<string, DialerTarget>(preparedTargetsMax);
  const origins: Origins = new Origins({ clock, limits, connecting, places: new FairShares(limits.calls) });
  let closed = false;

  const prepare = (url: string): DialerTarget => {
    let target = targets.get(url);
    if (target) return target;
    target = { ...parseTarget(url, rule), connections: null };
    targets.set(url, target);
    return target;
  };

  const targetOf = ({ url, agentId }: OutboundRequest): DialerTarget => {
    const target = typeof url === "string" ? prepare(url) : (url as DialerTarget);
    if (target.hosted === undefined) return target;
    if (target.hosted !== agentId) throw refusedAddress(rule);
    if (hosted.portOf(agentId) === undefined) throw notRunning();
    return target;
  };

  const originOf = (target: DialerTarget, owner: string): Origin => {
    if (closed) throw shuttingDown();
    if (!target.connections || target.connections.closed) target.connections = origins.get(target.origin, owner);
    const origin = target.connections;
    const now = clock.monotonic();
    if (!origin.reachable(now)) throw new OutboundError("connect", "the host has not answered lately");
    origin.renewIfStale(now, deadlines.stoodStillMs(now));
    origin.lastUsedMs = now;
    return origin;
  };

  return {
    send(request) {
      try {
        const target = targetOf(request);
        const owner = request.owner ?? target.origin;
        const lane = originOf(target, owner).calls;
        const call = new UnaryCall(request, dispatchOptions(request, target), owner, lane, surroundings);
        call.start();
        return call;
      } catch (error) {
        return failed(error);
      }
    },
    open(request) {
      try {
        const target = targetOf(request);
        const owner = request.owner ?? target.origin;
        const lane = originOf(target, owner).streams;
        const call = new StreamCall(request, dispatchOptions(request, target), owner, lane, surroundings);
        call.start();
        return call;
      } catch (error) {
        return failed(error);
      }
    },
    prepare,
    checkUrl: (url) => checkRegistration(url, rule, connecting.resolve, clock),
    host(agentId, port) {
      hosted.set(agentId, port);
      return origins.renew(hostedUrl(agentId));
    },
    unhost(agentId) {
      hosted.delete(agentId);
      return origins.renew(hostedUrl(agentId));
    },
    hosts: (agentId) => hosted.portOf(agentId) !== undefined,
    hold: (owner) => new Holding(room, owner),
    stats() {
      const byOrigin = origins.stats();
      const sum: DialerStats = {
        calls: 0,
        streams: 0,
        waiting: 0,
        connecting: 0,
        open: 0,
        answerBytes: room.used,
        origins: byOrigin,
      };
      for (const one of Object.values(byOrigin)) {
        sum.calls += one.calls;
        sum.streams += one.streams;
        sum.waiting += one.waiting;
        sum.connecting += one.connecting;
        sum.open += one.open;
      }
      return sum;
    },
    close(graceMs = graceDefaultMs) {
      closed = true;
      return origins.close(graceMs);
    },
  };
}

/** A call that failed before it began. */
const failed = (error: unknown) => ({ response: Promise.reject(error), abort() {} });
