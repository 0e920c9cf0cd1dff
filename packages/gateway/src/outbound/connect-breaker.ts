/** Connection attempts in a row that ran out of time before further ones are held back. */
const timeoutsMax = 3;

/**
 * Spares callers the wait for a host that swallows packets. After some attempts in a row that ran into the connect timeout, calls fail
 * at once, save one in each timeout's length that tries again. A host that refuses quickly costs nothing and is never held back, so one
 * that restarts is called as soon as it is there.
 */
export class ConnectBreaker {
  readonly #connectTimeoutMs: number;
  #timeouts = 0;
  #nextAttemptMs = 0;

  constructor(connectTimeoutMs: number) {
    this.#connectTimeoutMs = connectTimeoutMs;
  }

  /** Whether a call that needs a new connection may try. One that may and is the first to do so closes the door behind it. */
  mayTry(nowMs: number): boolean {
    if (this.#timeouts < timeoutsMax) return true;
    if (nowMs < this.#nextAttemptMs) return false;
    this.#nextAttemptMs = nowMs + this.#connectTimeoutMs;
    return true;
  }

  onAttempt(outcome: "connected" | "failed" | "timed out"): void {
    this.#timeouts = outcome === "timed out" ? this.#timeouts + 1 : 0;
  }
}
