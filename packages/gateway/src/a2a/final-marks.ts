import { type Dialect, isInterrupted } from "@agentgate/protocol/a2a";
import type { Take } from "../outbound/index.ts";
import { type Payload, translateEvent } from "../routing/index.ts";
import type { Clock } from "../runtime/index.ts";
import { V1 } from "./agent-link.ts";
import { factsOfEvent } from "./task-facts.ts";

const ENDS_SOON_MS = 100;

/**
 * 0.3's clients wait for `final`, which 1.0 does not have: an update that hands the turn to the caller is final when the agent ends
 * its stream with it. Such an update is kept back until that is known, or for a moment.
 */
export class FinalMarks {
  readonly #dialect: Dialect;
  readonly #take: Take<Payload>;
  readonly #clock: Clock;
  #kept: Payload | undefined;
  #passed: boolean | Promise<boolean> = true;
  #cancelTimer = () => {};

  /** @param dialect the reader's */
  constructor(dialect: Dialect, take: Take<Payload>, clock: Clock) {
    this.#dialect = dialect;
    this.#take = take;
    this.#clock = clock;
  }

  /** @param event in any dialect */
  take(event: Payload): boolean | Promise<boolean> {
    this.#pass(false);
    if (!isInterrupted(factsOfEvent(translateEvent(event, V1).object)?.state)) return this.#forward(event, false);
    const passed = this.#passed;
    this.#kept = event;
    this.#cancelTimer = this.#clock.after(ENDS_SOON_MS, () => this.#pass(false));
    return passed;
  }

  /** The agent's stream has ended. */
  async end(): Promise<void> {
    this.#pass(true);
    await this.#passed;
  }

  /** What was kept back goes on. */
  #pass(closing: boolean): void {
    this.#cancelTimer();
    const event = this.#kept;
    this.#kept = undefined;
    if (event) this.#forward(event, closing);
  }

  #forward(event: Payload, closing: boolean): boolean | Promise<boolean> {
    const forward = () => this.#take(translateEvent(event, this.#dialect, closing));
    const before = this.#passed;
    const passed = before instanceof Promise ? before.then((more) => more && forward()) : before && forward();
    this.#passed = passed;
    if (passed instanceof Promise) {
      const settle = (more: boolean) => {
        if (this.#passed === passed) this.#passed = more;
      };
      passed.then(settle, () => settle(false));
    }
    return passed;
  }
}
