import { CallTail, SinkCursors } from "../../call-log/index.ts";
import { openLeases } from "../../leases/index.ts";
import { openOutbound } from "../../outbound/index.ts";
import { type Clock, silentLog, systemRandom } from "../../runtime/index.ts";
import type { Storage } from "../../storage/index.ts";
import { openClickHouseSink } from "../clickhouse-sink.ts";
import { LogFollower } from "../log-follower.ts";
import type { LogSink } from "../sink.ts";
import { type ClickHouseTarget, parseTarget } from "../targets.ts";

/** Time that passes so many times as fast, until it stands still. */
export class FastClock implements Clock {
  readonly #times: number;
  readonly #startMs = Date.now();
  readonly #start = performance.now();
  isStill = false;

  constructor(times = 50) {
    this.#times = times;
  }

  now = (): number => this.#startMs + this.monotonic();
  monotonic = (): number => (performance.now() - this.#start) * this.#times;

  after(delayMs: number, task: () => void): () => void {
    const timer = setTimeout(() => {
      if (!this.isStill) task();
    }, delayMs / this.#times);
    return () => clearTimeout(timer);
  }
}

export interface SinkNode {
  follower: LogFollower;
  sink: LogSink;
  /** As one that is killed: it does nothing more, and releases nothing. What it has sent arrives. */
  die(): void;
  close(): Promise<void>;
}

/** What of a node follows the log, with a clock of its own. */
export async function startSinkNode(
  storage: Storage,
  openSink: (clock: Clock) => Promise<LogSink>,
  clock = new FastClock(),
): Promise<SinkNode> {
  const opened = await openSink(clock);
  let isDead = false;
  /** Of a dead node nothing is heard. */
  const unlessDead = <T>(value: T): T | Promise<never> => (isDead ? new Promise(() => {}) : value);
  const sink: LogSink = {
    ...opened,
    begin() {
      const batch = opened.begin();
      return {
        add: (calls) => batch.add(calls),
        get isFull() {
          return batch.isFull;
        },
        deliver: async (over) => unlessDead(await batch.deliver(over)),
        discard: () => batch.discard(),
      };
    },
  };
  const leases = openLeases({ storage, clock, random: systemRandom, log: silentLog });
  const follower = new LogFollower({
    sink,
    lease: `log-sink ${sink.name}`,
    tail: new CallTail(storage),
    cursors: new SinkCursors(storage, clock),
    leases,
    clock,
    random: systemRandom,
    log: silentLog,
  });
  follower.start();
  return {
    follower,
    sink,
    die() {
      isDead = true;
      clock.isStill = true;
    },
    async close() {
      if (isDead) return;
      await follower.close();
      await leases.close();
    },
  };
}

interface ScriptedTarget {
  database?: string;
  table?: string;
  rowsMax?: number;
  timeoutMs?: number;
}

/** A sink in the scripted ClickHouse, with small inserts and little patience. */
export const clickHouseAt =
  (host: string, { database = "calls", table = "agentgate_calls", ...options }: ScriptedTarget = {}) =>
  (clock: Clock): Promise<LogSink> => {
    const outbound = openOutbound({
      settings: { allowPrivateNetworks: false, allowedAddresses: [], answerBytesMax: 1_000_000 },
      clock,
      log: silentLog,
      gauge() {},
    });
    const target = parseTarget(
      `clickhouse://writer:secret@${host}/${database}?table=${table}&seconds=1`,
    ) as ClickHouseTarget;
    return openClickHouseSink({ target, outbound, clock, timeoutMs: 4_000, rowsMax: 250, ...options });
  };
