import type { Clock, FairShares } from "../runtime/index.ts";
import { ConnectBreaker } from "./connect-breaker.ts";
import { Connections, type LanePool } from "./connections.ts";
import { type ConnectorOptions, createConnector, type SocketCount } from "./connector.ts";
import { shuttingDown } from "./failure.ts";
import { HangBreaker } from "./hang-breaker.ts";
import { Lane, type LaneLimits } from "./lane.ts";
import type { DialerLimits } from "./limits.ts";
import { type ClientOptions, Pool } from "./undici.ts";

/** What one origin costs at this moment. */
export interface OriginStats extends SocketCount {
  calls: number;
  streams: number;
  waiting: number;
}

/** What all origins share. */
export interface Shared {
  /** Of calls, waiting or under way. */
  places: FairShares;
  connecting: ConnectorOptions;
  limits: DialerLimits;
  clock: Clock;
}

/**
 * The connections of one origin. Calls and streams have pools of their own: streams stay for minutes and must not take the calls'
 * connections. HTTP/1.1 only, one request at a time on a connection, so that one slow answer holds up no other.
 */
export class Origin {
  /** Monotonic milliseconds of the last call's beginning. */
  lastUsedMs = 0;
  readonly #breaker: ConnectBreaker;
  readonly #hangs = new HangBreaker();
  readonly #sockets: SocketCount = { connecting: 0, open: 0 };
  readonly #pools = new Set<LanePool>();
  /** Who opened it: whose share of origins it takes. */
  readonly owner: string;
  readonly #name: string;
  readonly #clientOptions: ClientOptions;
  readonly #shared: Shared;
  #calls: Lane | null = null;
  #streams: Lane | null = null;
  #closing: Promise<void> | null = null;

  constructor(origin: string, owner: string, shared: Shared) {
    const { connecting, limits } = shared;
    this.owner = owner;
    this.#shared = shared;
    this.#breaker = new ConnectBreaker(limits.connectTimeoutMs);
    this.#name = origin;
    this.#clientOptions = {
      pipelining: 1,
      allowH2: false,
      connect: createConnector(connecting, this.#sockets, this.#breaker),
      keepAliveTimeout: limits.keepAliveMs,
      keepAliveMaxTimeout: Math.max(limits.keepAliveMs, 60_000),
      maxHeaderSize: limits.responseHeadBytes,
      headersTimeout: 0,
      bodyTimeout: 0,
    };
  }

  get calls(): Lane {
    const { callsPerOrigin: concurrent, waitingPerOrigin: waiting, keepAliveMs } = this.#shared.limits;
    const open = () => new Pool(this.#name, { ...this.#clientOptions, connections: concurrent });
    this.#calls ??= this.#openLane(open, { concurrent, waiting, keepAliveMs });
    return this.#calls;
  }

  get streams(): Lane {
    const { streamsPerOrigin: concurrent, keepAliveMs } = this.#shared.limits;
    const open = () => new Connections(this.#name, this.#clientOptions);
    this.#streams ??= this.#openLane(open, { concurrent, waiting: 0, keepAliveMs });
    return this.#streams;
  }

  #openLane(open: () => LanePool, limits: LaneLimits): Lane {
    const pools = {
      open: () => {
        const pool = open();
        this.#pools.add(pool);
        return pool;
      },
      leave: (pool: LanePool) => {
        const forget = () => this.#pools.delete(pool);
        pool.close().then(forget, forget);
      },
    };
    return new Lane(pools, limits, this.#shared.places, this.#hangs, this.#shared.clock);
  }

  /** Whether a call has a connection or a fair chance of one. */
  reachable(nowMs: number): boolean {
    return this.#sockets.open > 0 || this.#breaker.mayTry(nowMs);
  }

  /** Whether it has ever answered since it was opened. */
  get isProven(): boolean {
    return this.#hangs.hasAnswered;
  }

  /** To be called before a call begins. @param stoodStillMs when the process last began to stand still */
  renewIfStale(nowMs: number, stoodStillMs: number): void {
    this.#calls?.renewIfStale(nowMs, stoodStillMs);
    this.#streams?.renewIfStale(nowMs, stoodStillMs);
  }

  get closed(): boolean {
    return this.#closing !== null;
  }

  get idle(): boolean {
    const { calls, streams, waiting } = this.stats();
    return calls + streams + waiting === 0;
  }

  stats(): OriginStats {
    return {
      calls: this.#calls?.underWay ?? 0,
      streams: this.#streams?.underWay ?? 0,
      waiting: this.#calls?.waiting ?? 0,
      ...this.#sockets,
    };
  }

  /** Takes no new calls, lets those under way end, then closes the connections. */
  close(): Promise<void> {
    this.#closing ??= Promise.all([this.#calls?.drained(), this.#streams?.drained()]).then(() => this.#destroyPools());
    return this.#closing;
  }

  /** Cuts calls under way off; they fail with kind `aborted`. */
  async destroy(): Promise<void> {
    this.#calls?.failWaiting(shuttingDown());
    await this.#destroyPools();
    await this.close();
  }

  async #destroyPools(): Promise<void> {
    await Promise.all([...this.#pools].map((pool) => pool.destroy()));
  }
}
