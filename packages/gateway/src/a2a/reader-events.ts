import { type Dialect, isObject, isTerminal, type JsonObject } from "@agentgate/protocol/a2a";
import type { Take } from "../outbound/index.ts";
import { Payload, translateEvent } from "../routing/index.ts";
import type { Clock } from "../runtime/index.ts";
import { V1 } from "./agent-link.ts";
import { digestOf } from "./digest.ts";
import { FinalMarks } from "./final-marks.ts";
import { factsOfTask } from "./task-facts.ts";

export interface ReaderEventsOptions {
  /** The reader's. */
  dialect: Dialect;
  take: Take<Payload>;
  /** Told of each event that the reader has taken of several that stand for one. */
  onTaken(): void;
  clock: Clock;
}

/** A task as it was told, as far as updates tell it. */
interface Told {
  status: string;
  artifacts: string;
}

/**
 * What the reader of a stream is told, in its dialect. Readers of 0.3 take one whole task, at the beginning, and break at a second (0.3,
 * section 7.9): what a later one says is told them in updates, and so it is to anybody who has just been told the task by the gateway.
 */
export class ReaderEvents {
  readonly #take: Take<Payload>;
  readonly #onTaken: () => void;
  readonly #marks: FinalMarks | undefined;
  #hasTask = false;
  /** The gateway's own word, as long as nothing has followed it. */
  #told: Told | undefined;

  constructor({ dialect, take, onTaken, clock }: ReaderEventsOptions) {
    const marks = dialect === V1 ? undefined : new FinalMarks(dialect, take, clock);
    this.#marks = marks;
    this.#take = marks ? (event) => marks.take(event) : (event) => take(translateEvent(event, V1));
    this.#onTaken = onTaken;
  }

  /** An event of the agent. @param said the same in 1.0's shape */
  take(event: Payload, { task }: JsonObject): boolean | Promise<boolean> {
    const told = this.#told;
    this.#told = undefined;
    if (!isObject(task)) return this.#take(event);
    if (told || this.#takesNoTask) return this.#update(task, told);
    this.#hasTask = true;
    return this.#take(event);
  }

  /** The whole task as the gateway has asked for it; of one that is over also its last state alone, for those who look at updates. */
  async takeSnapshot(task: JsonObject): Promise<boolean> {
    const told = this.#told;
    this.#told = { status: digestOf(task.status), artifacts: digestOf(task.artifacts) };
    if (this.#takesNoTask) return this.#update(task, told);
    this.#hasTask = true;
    const wanted = await this.#take(Payload.ofValue(V1, { task }));
    if (!wanted || !isTerminal(factsOfTask(task)?.state)) return wanted;
    this.#onTaken();
    return this.#take(statusOf(task));
  }

  /** An update of the gateway's own. */
  takeUpdate(said: JsonObject): boolean | Promise<boolean> {
    return this.#take(Payload.ofValue(V1, said));
  }

  /** The stream has ended. */
  async end(): Promise<void> {
    await this.#marks?.end();
  }

  get #takesNoTask(): boolean {
    return this.#hasTask && this.#marks !== undefined;
  }

  /** @param told what the reader knows of it already */
  async #update(task: JsonObject, told: Told | undefined): Promise<boolean> {
    const { id: taskId, contextId = "", artifacts, status } = task;
    if (Array.isArray(artifacts) && told?.artifacts !== digestOf(artifacts)) {
      for (const artifact of artifacts) {
        const artifactUpdate = { taskId, contextId, artifact, append: false, lastChunk: true };
        if (!(await this.#take(Payload.ofValue(V1, { artifactUpdate })))) return false;
        this.#onTaken();
      }
    }
    return told?.status === digestOf(status) || this.#take(statusOf(task));
  }
}

const statusOf = ({ id: taskId, contextId = "", status }: JsonObject): Payload =>
  Payload.ofValue(V1, { statusUpdate: { taskId, contextId, status } });
