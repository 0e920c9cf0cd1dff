import { A2AError, isObject, isSettled, isTerminal, type JsonObject } from "@agentgate/protocol/a2a";
import type { Ownership } from "./ownership.ts";
import { hasPiece } from "./paid-tasks.ts";
import { factsOfArtifact, factsOfEvent, type TaskFacts, taskNamedIn } from "./task-facts.ts";
import type { TurnEnd } from "./turn-end.ts";

export interface StreamProgressOptions {
  ownership: Ownership;
  /** Of the call that began the stream, where somebody pays. */
  hold?: string | undefined;
  /** Told which context the stream belongs to. */
  onContext?: ((contextId: unknown) => void) | undefined;
  /** Told of the task before its events are handed over. */
  onTask?: ((taskId: string) => Promise<void>) | undefined;
}

/** Where the stream of a task stands. What its events say of the task is recorded before the caller sees them. */
export class StreamProgress {
  readonly #options: StreamProgressOptions;
  readonly #ended = Promise.withResolvers<TurnEnd | undefined>();
  #facts: TaskFacts | undefined;
  #message: JsonObject | undefined;
  #delivered = false;
  #brings = false;

  constructor(options: StreamProgressOptions) {
    this.#options = options;
  }

  /** What of the task is known by now. */
  get facts(): TaskFacts | undefined {
    return this.#facts;
  }

  /** What has answered instead of a task. */
  get message(): JsonObject | undefined {
    return this.#message;
  }

  /** The caller has a piece of the answer: its connection, still open, has taken it. */
  get delivered(): boolean {
    return this.#delivered;
  }

  /** The event on its way to the reader brings a piece of the answer. */
  get brings(): boolean {
    return this.#brings;
  }

  /** 1.0, section 3.5.2: a terminal state, or a message, is the last event. */
  get isOver(): boolean {
    return this.#message !== undefined || (this.#facts !== undefined && isTerminal(this.#facts.state));
  }

  /** How the agent's turn has ended, as soon as an event tells it; undefined when the stream ended, or its reader left, before. */
  get ended(): Promise<TurnEnd | undefined> {
    return this.#ended.promise;
  }

  /** It has ended otherwise than by an event. */
  end(how: TurnEnd | undefined): void {
    this.#ended.resolve(how);
  }

  /** The event that was noted last is with the reader, or the reader did not take it. */
  handed(wanted: boolean): void {
    if (wanted && this.#brings) this.#delivered = true;
    this.#brings = false;
  }

  /**
   * Takes note of an event (1.0's shape) before it goes out. The promise, where there is one, has to be waited for.
   * @throws A2AError InvalidAgentResponse for what is none, or another task's
   */
  note(said: JsonObject): Promise<void> | undefined {
    const known = this.#facts;
    if (!known && !KINDS.some((kind) => isObject(said[kind]))) throw noEvent();
    this.#brings = hasPiece(said);
    if (said.message !== undefined) return this.#noteMessage(said.message);
    const taskId = taskNamedIn(said);
    if (known && taskId !== undefined && taskId !== known.taskId) throw strayEvent();
    const facts = factsOfEvent(said) ?? (known ? undefined : factsOfArtifact(said));
    if (!facts) return undefined;
    const contextId = facts.contextId || known?.contextId || "";
    // A task at work says so again and again; without a moment of its own that is nothing to record.
    if (known?.state === facts.state && known.contextId === contextId && facts.statusAt === undefined) return undefined;
    return this.#noteTask({ ...facts, contextId }, known === undefined);
  }

  async #noteMessage(said: unknown): Promise<void> {
    const message = isObject(said) ? said : {};
    this.#message = message;
    this.#options.onContext?.(message.contextId);
    this.end({ kind: "message" });
    await this.#options.ownership.claim(message.contextId);
  }

  #noteTask(facts: TaskFacts, isFirst: boolean): Promise<void> | undefined {
    this.#facts = facts;
    const { ownership, hold } = this.#options;
    const recorded = ownership.record(facts, undefined, isFirst ? hold : undefined);
    if (isFirst) this.#options.onContext?.(facts.contextId);
    if (isFirst) recorded.catch(() => this.#forget());
    if (isFirst || isSettled(facts.state)) return recorded.then(() => this.#recorded(facts, isFirst));
    recorded.catch(() => {});
    return undefined;
  }

  /** The task that the stream began with is not the caller's: nothing is told of it. */
  #forget(): void {
    this.#facts = undefined;
  }

  async #recorded({ taskId, state }: TaskFacts, isFirst: boolean): Promise<void> {
    if (isFirst) await this.#options.onTask?.(taskId);
    if (isSettled(state)) this.end({ kind: "told", state, taskId });
  }
}

const KINDS = ["task", "message", "statusUpdate", "artifactUpdate"];

/** A stream is one task's: of any other nobody has asked whose it is. */
const strayEvent = () => new A2AError("InvalidAgentResponse", "The agent sent an event of another task");
export const noEvent = () => new A2AError("InvalidAgentResponse", "The agent sent an event that is none of A2A 1.0");
