import type { ServerAnswer, ServerQuestion, UnderWay } from "../../../mcp-servers/index.ts";
import { OutboundError } from "../../../outbound/index.ts";
import type { Clock } from "../../../runtime/index.ts";

/** What is heard of a call: a question in the middle of it, or its end. */
export type Heard = { question: ServerQuestion } | { answer: ServerAnswer } | { error: unknown };

/**
 * A call of a tool whose server may ask before it answers, and then waits. What it says is heard one after the other, by whoever listens
 * by then: a server asks sixteen times at most.
 */
export class Talk {
  readonly #clock: Pick<Clock, "after">;
  readonly #call: UnderWay<ServerAnswer>;
  readonly #heard: Heard[] = [];
  #some = Promise.withResolvers<void>();
  #cancelEnd = () => {};

  constructor(
    begin: (onAsked: (question: ServerQuestion) => void) => UnderWay<ServerAnswer>,
    clock: Pick<Clock, "after">,
  ) {
    this.#clock = clock;
    this.#call = begin((question) => this.#hear({ question }));
    this.#call.response.then(
      (answer) => this.#hear({ answer }),
      (error) => this.#hear({ error }),
    );
  }

  /**
   * Settles when there is something to hear, at the latest after so long: then the call ends, with a timeout. Who listens later has the say of
   * how long that is.
   */
  async listen(withinMs: number): Promise<void> {
    this.#cancelEnd();
    this.#cancelEnd = this.#clock.after(withinMs, () => {
      this.#hear({ error: new OutboundError("timeout", "the call's time is up") });
      this.abort();
    });
    await this.#some.promise;
    this.#cancelEnd();
  }

  /** The next that was heard, after {@link listen}. */
  take(): Heard {
    const next = this.#heard.shift()!;
    if (this.#heard.length === 0) this.#some = Promise.withResolvers<void>();
    return next;
  }

  abort(): void {
    this.#call.abort();
  }

  #hear(heard: Heard): void {
    this.#heard.push(heard);
    this.#some.resolve();
  }
}
