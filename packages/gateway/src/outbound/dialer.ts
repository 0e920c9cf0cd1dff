import { LRUCache } from "lru-cache";
import type { Clock, Log } from "../runtime/index.ts";
import type { Timing } from "./call.ts";
import { checkRegistration, type RegistrationCheck } from "./check-registration.ts";
import type { ConnectorOptions } from "./connector.ts";
import { Deadlines } from "./deadlines.ts";
import { shuttingDown } from "./failure.ts";
import type { Total } from "./lane.ts";
import { type DialerLimits, defaultLimits } from "./limits.ts";
import { Origin, type OriginStats } from "./origin.ts";
import { OutboundError } from "./outbound-error.ts";
import { dispatchOptions, type OutboundRequest, type OutboundStreamRequest, type PreparedTarget } from "./request.ts";
import { createDnsResolve, type Resolve, shareLookups, systemResolve } from "./resolver.ts";
import { type OutboundStreamCall, StreamCall } from "./stream-call.ts";
import { parseTarget, type Target } from "./target.ts";
import { type OutboundCall, UnaryCall } from "./unary-call.ts";

export interface DialerOptions {
  /** Lifts the address rule (development, tests); every other rule stays. */
  allowPrivateNetworks: boolean;
  clock: Clock;
  log: Log;
  /** Name lookup; by default the operating system's where private networks are allowed, and plain DNS elsewhere. */
  resolve?: Resolve;
  /** Certificate authorities to trust instead of the well-known ones, PEM. */
  ca?: string;
  limits?: Partial<DialerLimits>;
}

export interface DialerStats extends OriginStats {
  /** By origin, such as `https://agent.example:8443`. */
  origins: Record<string, OriginStats>;
}

/** The gateway's one way out: every connection to a place that someone else named is made here. */
export interface Dialer {
  /** Makes a request and collects its response. Redirects are not followed: a 3xx is an answer like any other. */
  send(request: OutboundRequest): OutboundCall;
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
  stats(): DialerStats;
  /** Takes no more calls, gives those under way `graceMs` to end, then cuts them off. */
  close(graceMs?: number): Promise<void>;
}

/** The target, and the origin's connections while there are any. */
interface DialerTarget extends Target, PreparedTarget {
  connections: Origin | null;
}

const preparedTargetsMax = 4096;
/** An origin without calls for so long gives up its pools. */
const originIdleMs = 60_000;
const graceDefaultMs = 10_000;

export function createDialer(options: DialerOptions): Dialer {
  const { allowPrivateNetworks, clock, log } = options;
  const limits: DialerLimits = { ...defaultLimits, ...options.limits };
  const resolve = options.resolve ?? (allowPrivateNetworks ? systemResolve : createDnsResolve(clock));
  const connecting: ConnectorOptions = {
    allowPrivateNetworks,
    log,
    resolve: shareLookups(resolve, clock, limits.connectTimeoutMs),
    connectTimeoutMs: limits.connectTimeoutMs,
    ca: options.ca,
  };
  const timing: Timing = { clock, deadlines: new Deadlines(clock) };
  const total: Total = { calls: 0, callsMax: limits.calls };
  const targets = new LRUCache<string, DialerTarget>({ max: preparedTargetsMax });
  const origins = new Map<string, Origin>();
  let closed = false;
  let cancelRetirement: (() => void) | null = null;

  const prepare = (url: string): DialerTarget => {
    let target = targets.get(url);
    if (target) return target;
    target = { ...parseTarget(url, connecting), connections: null };
    targets.set(url, target);
    return target;
  };

  const originOf = (target: DialerTarget): Origin => {
    if (closed) throw shuttingDown();
    let origin = target.connections;
    if (!origin || origin.closed) {
      origin = origins.get(target.origin) ?? openOrigin(target.origin);
      target.connections = origin;
    }
    const now = clock.monotonic();
    if (!origin.reachable(now)) throw new OutboundError("connect", "the host has not answered lately");
    origin.lastUsedMs = now;
    return origin;
  };

  const openOrigin = (name: string): Origin => {
    if (origins.size >= limits.origins && !retireLeastUsed()) {
      throw new OutboundError("busy", "calls to too many hosts are under way");
    }
    const origin = new Origin(name, connecting, limits, total);
    origins.set(name, origin);
    if (!cancelRetirement) scheduleRetirement();
    return origin;
  };

  const retire = (name: string, origin: Origin): void => {
    origins.delete(name);
    void origin.close();
  };

  const retireLeastUsed = (): boolean => {
    let least: [string, Origin] | null = null;
    for (const entry of origins) {
      if (entry[1].idle && entry[1].lastUsedMs < (least?.[1].lastUsedMs ?? Number.POSITIVE_INFINITY)) least = entry;
    }
    if (least) retire(...least);
    return least !== null;
  };

  const scheduleRetirement = (): void => {
    cancelRetirement = clock.after(originIdleMs / 2, () => {
      cancelRetirement = null;
      const usedBefore = clock.monotonic() - originIdleMs;
      for (const [name, origin] of origins) if (origin.idle && origin.lastUsedMs <= usedBefore) retire(name, origin);
      if (origins.size > 0) scheduleRetirement();
    });
  };

  const targetOf = (url: string | PreparedTarget) => (typeof url === "string" ? prepare(url) : (url as DialerTarget));

  return {
    send(request) {
      try {
        const target = targetOf(request.url);
        const call = new UnaryCall(request, dispatchOptions(request, target), originOf(target).calls, timing);
        call.start();
        return call;
      } catch (error) {
        return { response: Promise.reject(error), abort() {} };
      }
    },
    open(request) {
      try {
        const target = targetOf(request.url);
        const call = new StreamCall(request, dispatchOptions(request, target), originOf(target).streams, timing);
        call.start();
        return call;
      } catch (error) {
        return { response: Promise.reject(error), abort() {} };
      }
    },
    prepare,
    checkUrl: (url) => checkRegistration(url, connecting, clock),
    stats() {
      const sum: DialerStats = { calls: 0, streams: 0, waiting: 0, connecting: 0, open: 0, origins: {} };
      for (const [name, origin] of origins) {
        const one = origin.stats();
        sum.origins[name] = one;
        sum.calls += one.calls;
        sum.streams += one.streams;
        sum.waiting += one.waiting;
        sum.connecting += one.connecting;
        sum.open += one.open;
      }
      return sum;
    },
    async close(graceMs = graceDefaultMs) {
      closed = true;
      cancelRetirement?.();
      const all = [...origins.values()];
      const ended = all.map((origin) => origin.close());
      const cutOff = () => {
        for (const origin of all) void origin.destroy();
      };
      if (graceMs <= 0) cutOff();
      const cancel = clock.after(graceMs, cutOff);
      await Promise.all(ended);
      cancel();
    },
  };
}
