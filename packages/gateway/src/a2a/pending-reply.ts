import { Problem } from "../http/index.ts";
import type { TaskRun } from "../routing/index.ts";
import type { ResultReply } from "./call.ts";
import type { Sent as SentMessage } from "./send.ts";

/** What a send has come to, as far as its caller waits. */
export type Sent = Pick<SentMessage, "reply" | "goesOn">;

/** A send's reply, from the exchange with the agent to the caller. The first that is told counts. */
export class PendingReply {
  readonly #shown = Promise.withResolvers<unknown>();
  #sent: Sent | undefined;
  #refusal: { error: unknown } | undefined;

  readonly resolve = (sent: Sent): void => {
    this.#sent ??= sent;
    if (sent.goesOn) this.#shown.resolve(undefined);
  };

  readonly reject = (error: unknown): void => {
    this.#refusal ??= { error };
  };

  /** Waits until the payment is certain, or, where the agent goes on working, for the agent's first answer alone. */
  async of(run: TaskRun): Promise<ResultReply> {
    run.answer.then(() => this.#shown.resolve(undefined), this.#shown.resolve);
    const trouble = await this.#shown.promise;
    if (!this.#sent) throw this.#refusal ? this.#refusal.error : trouble;
    if (trouble !== undefined && !isTasksOwnEnd(trouble)) throw trouble;
    return { ...this.#sent.reply, headers: run.headers };
  }
}

/** What an agent says of its task's end is no failure of the call that asked for it. */
const isTasksOwnEnd = (error: unknown): boolean => error instanceof Problem && error.code.startsWith("agent_task_");
