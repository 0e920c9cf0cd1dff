import type { OtlpSender } from "./otlp-sender.ts";
import type { Signal } from "./settings.ts";

/** How much may wait to be sent, and how much is sent at once. */
export const BATCHES = {
  maxQueueSize: 8_192,
  maxExportBatchSize: 512,
  // What is under way ends by the sender's own time.
  exportTimeoutMillis: 660_000,
} as const;

/** What an exporter of the SDK tells of a batch: 0 for one that arrived. */
type OnResult = (result: { code: number; error?: Error }) => void;

export interface BoundedBatchesOptions<T> {
  signal: Signal;
  url: string;
  sender: OtlpSender;
  encode(items: T[]): Uint8Array | undefined;
  /** How many of a batch were not taken, by the collector's answer. */
  rejected(answer: Buffer): number;
}

/**
 * Counts what waits between the SDK's processor, which makes batches, and the collector: what finds no room, because the collector is
 * slow or away, is dropped at once and counted, and nobody waits for it.
 */
export class BoundedBatches<T> {
  readonly #options: BoundedBatchesOptions<T>;
  #waiting = 0;

  constructor(options: BoundedBatchesOptions<T>) {
    this.#options = options;
  }

  /** Takes a place for one more. */
  take(): boolean {
    if (this.#waiting >= BATCHES.maxQueueSize) {
      this.#options.sender.drop(this.#options.signal, 1, "too much waits for the collector");
      return false;
    }
    this.#waiting++;
    return true;
  }

  /** The exporter that the SDK's processor has. */
  readonly exporter = {
    export: (items: T[], onResult: OnResult): void => {
      const { signal, url, sender, encode, rejected } = this.#options;
      const done = (isSent: boolean) => {
        this.#waiting -= items.length;
        onResult(isSent ? { code: 0 } : { code: 1 });
      };
      let body: Uint8Array | undefined;
      try {
        body = encode(items);
      } catch {
        body = undefined;
      }
      if (body === undefined) {
        sender.drop(signal, items.length, "it could not be encoded");
        done(false);
        return;
      }
      sender.send(signal, url, body, items.length, rejected).then(done);
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
}
