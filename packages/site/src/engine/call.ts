import type { CallContext, StepContext, StepSession } from "../define/context.ts";
import { isTrue } from "../exchange/detect-agent.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { FlowSession } from "../sessions/flow-session.ts";
import type { Caller } from "./caller.ts";
import type { EventStream } from "./event-stream.ts";

export interface CallOptions {
  readonly exchange: Exchange;
  readonly caller: Caller;
  readonly session?: FlowSession | undefined;
}

/** The context of one call. The abort controller is made only for handlers that look at the signal. */
export class Call implements StepContext {
  readonly principal: CallContext["principal"];
  readonly agent: CallContext["agent"];
  readonly progress: CallContext["progress"];
  readonly chunk: CallContext["chunk"];
  readonly #exchange: Exchange;
  readonly #session: StepSession | undefined;
  #controller: AbortController | undefined;
  #abortedWith: Error | undefined;

  constructor({ exchange, caller, session }: CallOptions, events?: EventStream) {
    this.#exchange = exchange;
    this.principal = caller.principal;
    this.agent = caller.agent;
    this.progress = events ? (data) => events.emit("progress", data) : nothing;
    this.chunk = events ? (data) => events.emit("chunk", data) : nothing;
    this.#session = session && toStepSession(session);
  }

  get session(): StepSession {
    if (this.#session) return this.#session;
    throw new Error('Only orchestration: "server" has a session.');
  }

  get request(): unknown {
    return this.#exchange.native;
  }

  get idempotencyKey(): string | undefined {
    return this.#exchange.header("idempotency-key");
  }

  get confirmed(): boolean {
    return isTrue(this.#exchange.header("x-agent-confirmed"));
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#abortedWith) this.#controller.abort(this.#abortedWith);
      else this.#exchange.onDisconnect(() => this.abort(new CallerGone()));
    }
    return this.#controller.signal;
  }

  abort(reason: Error): void {
    this.#abortedWith ??= reason;
    this.#controller?.abort(this.#abortedWith);
  }
}

/** Reason of the handler's signal when nobody waits for the answer any more, or reads it too slowly. */
export class CallerGone extends Error {
  override readonly name = "AbortError";
  constructor() {
    super("The caller has gone away.");
  }
}

const nothing = async (): Promise<void> => {};

/** The data is a copy, so that only the success of the step makes changes permanent. */
const toStepSession = (session: FlowSession): StepSession => ({
  id: session.session_id,
  flow: session.flow_name,
  currentStep: session.current_step,
  history: session.history,
  data: structuredClone(session.data),
});
