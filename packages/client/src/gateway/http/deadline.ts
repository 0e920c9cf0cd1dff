import type { GatewayTiming } from "./timing.ts";

/** One abort signal out of a time limit, the caller's own signal and the client's end. */
export class Deadline {
  readonly signal: AbortSignal;
  /** The limit, in milliseconds, once it has passed. */
  passed: number | undefined;
  readonly #controller = new AbortController();
  readonly #clock: Pick<GatewayTiming, "now">;
  #endsAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(timeoutMs: number, outer: AbortSignal | undefined, clock: Pick<GatewayTiming, "now">) {
    this.#clock = clock;
    this.signal = outer ? AbortSignal.any([outer, this.#controller.signal]) : this.#controller.signal;
    this.restart(timeoutMs);
  }

  /** Milliseconds. */
  get left(): number {
    return this.#endsAt - this.#clock.now();
  }

  restart(timeoutMs: number): void {
    this.#endsAt = this.#clock.now() + timeoutMs;
    this.pause();
    this.#timer = setTimeout(() => {
      this.passed = timeoutMs;
      this.#controller.abort();
    }, timeoutMs);
  }

  /** No time runs until it is restarted. */
  pause(): void {
    clearTimeout(this.#timer);
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }
}
