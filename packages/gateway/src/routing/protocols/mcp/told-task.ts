import type { JsonObject } from "@agentgate/protocol/a2a";
import type { Clock, Random } from "../../../runtime/index.ts";

export type ToldState =
  | "TASK_STATE_WORKING"
  | "TASK_STATE_INPUT_REQUIRED"
  | "TASK_STATE_COMPLETED"
  | "TASK_STATE_FAILED"
  | "TASK_STATE_CANCELED";

/** Which task is told of. */
export interface TaskName {
  id: string;
  contextId: string;
}

/** Tasks, messages and events of 1.0, of which tools know nothing. */
export class TaskTeller {
  readonly #clock: Clock;
  readonly #random: Random;

  constructor({ clock, random }: { clock: Clock; random: Random }) {
    this.#clock = clock;
    this.#random = random;
  }

  /** @param parts of what the agent says to it, if it says anything */
  task({ id, contextId }: TaskName, state: ToldState, said?: JsonObject[], artifacts: JsonObject[] = []): JsonObject {
    return { id, contextId, status: this.#status({ id, contextId }, state, said), artifacts };
  }

  update(name: TaskName, state: ToldState, said?: JsonObject[]): JsonObject {
    return { statusUpdate: { taskId: name.id, contextId: name.contextId, status: this.#status(name, state, said) } };
  }

  message(contextId: string, parts: JsonObject[]): JsonObject {
    return { messageId: this.#random.uuid(), contextId, role: "ROLE_AGENT", parts };
  }

  #status({ id, contextId }: TaskName, state: ToldState, parts: JsonObject[] | undefined): JsonObject {
    const timestamp = new Date(this.#clock.now()).toISOString();
    return { state, timestamp, ...(parts && { message: { ...this.message(contextId, parts), taskId: id } }) };
  }
}

export const resultArtifact = (parts: JsonObject[]): JsonObject => ({ artifactId: "result", parts });
