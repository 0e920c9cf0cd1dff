import { type Dialer, OutboundError } from "../outbound/index.ts";
import type { Clock, Log, Random } from "../runtime/index.ts";
import type { OtlpProtocol, Signal } from "./settings.ts";

export interface OtlpSenderOptions {
  dialer: Dialer;
  clock: Clock;
  random: Random;
  /** Whose lines are not themselves sent. */
  log: Log;
  headers: Readonly<Record<string, string>>;
  protocol: OtlpProtocol;
  /** For one batch, with all attempts. */
  timeoutMs: number;
}

/** What of a signal arrived, and what did not. */
export interface SignalCount {
  sent: number;
  dropped: number;
}

/** A status that says: later (OTLP specification, "Retryable response codes"). */
const LATER = new Set([429, 502, 503, 504]);
const ATTEMPTS_MAX = 3;
const BACKOFF_MS = 1_000;
const ANSWER_BYTES_MAX = 65_536;
/** Batches under way: one of each signal mostly, at the end all that is left. */
const UNDER_WAY_MAX = 32;
/** What fails is said at once, then no more often than this. */
const SAY_AGAIN_MS = 60_000;

/** Brings encoded batches to the collector, over the gateway's one way out. What cannot be brought is dropped and counted: nothing waits for it. */
export class OtlpSender {
  readonly counts: Record<Signal, SignalCount> = {
    traces: { sent: 0, dropped: 0 },
    metrics: { sent: 0, dropped: 0 },
    logs: { sent: 0, dropped: 0 },
  };
  readonly #options: OtlpSenderOptions;
  readonly #aborts = new Set<() => void>();
  #saidAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(options: OtlpSenderOptions) {
    this.#options = options;
  }

  /**
   * Sends a batch of so many items. Never rejects.
   *
   * @param rejected how many of them the collector did not take, by its answer's body
   * @returns whether it arrived
   */
  async send(
    signal: Signal,
    url: string,
    body: Uint8Array,
    items: number,
    rejected: (answer: Buffer) => number,
  ): Promise<boolean> {
    const count = this.counts[signal];
    if (this.#aborts.size >= UNDER_WAY_MAX) {
      this.drop(signal, items, "too much is under way");
      return false;
    }
    try {
      const lost = Math.min(items, rejected(await this.#deliver(url, body)));
      count.sent += items - lost;
      if (lost > 0) this.drop(signal, lost, "the collector refused a part");
      return true;
    } catch (error) {
      this.drop(signal, items, error instanceof Error ? error.message : "it could not be sent");
      return false;
    }
  }

  /** So many are given up. */
  drop(signal: Signal, items: number, why: string): void {
    this.counts[signal].dropped += items;
    const { clock, log } = this.#options;
    const now = clock.monotonic();
    if (this.#closed || now - this.#saidAt < SAY_AGAIN_MS) return;
    this.#saidAt = now;
    log.warn({ signal, why, dropped: this.counts[signal].dropped }, "telemetry could not be sent");
  }

  /** Cuts off what is under way. */
  close(): void {
    this.#closed = true;
    for (const abort of this.#aborts) abort();
  }

  async #deliver(url: string, body: Uint8Array): Promise<Buffer> {
    const { clock, random, timeoutMs } = this.#options;
    const endsAt = clock.monotonic() + timeoutMs;
    for (let attempt = 1; ; attempt++) {
      const leftMs = endsAt - clock.monotonic();
      try {
        return await this.#attempt(url, body, Math.max(1, leftMs));
      } catch (error) {
        const waitMs = BACKOFF_MS * 2 ** (attempt - 1) * (0.5 + random.fraction() / 2);
        const isLast = attempt === ATTEMPTS_MAX || this.#closed || clock.monotonic() + waitMs >= endsAt;
        if (isLast || !mayComeLater(error)) throw error;
        await this.#wait(waitMs);
      }
    }
  }

  async #attempt(url: string, body: Uint8Array, timeoutMs: number): Promise<Buffer> {
    const { dialer, headers, protocol } = this.#options;
    const call = dialer.send({
      url,
      method: "POST",
      headers: {
        "user-agent": "AgentGate-OTLP",
        ...headers,
        "content-type": protocol === "http/json" ? "application/json" : "application/x-protobuf",
      },
      body: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
      timeoutMs,
      maxResponseBytes: ANSWER_BYTES_MAX,
      bodyOptional: true,
    });
    const abort = () => call.abort();
    this.#aborts.add(abort);
    try {
      const { status, body: answer } = await call.response;
      if (status < 200 || status >= 300) throw new RefusedBatch(status);
      return answer;
    } finally {
      this.#aborts.delete(abort);
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        this.#aborts.delete(end);
        resolve();
      };
      const cancel = this.#options.clock.after(ms, end);
      this.#aborts.add(end);
    });
  }
}

class RefusedBatch extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`the collector answered ${status}`);
    this.status = status;
  }
}

const mayComeLater = (error: unknown): boolean =>
  error instanceof RefusedBatch
    ? LATER.has(error.status)
    : OutboundError.isInstance(error) && ["connect", "reset", "busy"].includes(error.kind);
