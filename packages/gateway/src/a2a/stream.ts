import { A2AError, isObject, isSettled, isTerminal, type JsonObject } from "@agentgate/protocol/a2a";
import { OutboundError, type Take } from "../outbound/index.ts";
import { caughtUp, Payload, type ReaderSink, translateEvent, type UpstreamStream } from "../routing/index.ts";
import type { Clock } from "../runtime/index.ts";
import { type AgentLink, V1 } from "./agent-link.ts";
import { awaitSettled } from "./await-settled.ts";
import { FinalMarks } from "./final-marks.ts";
import type { Ownership } from "./ownership.ts";
import { hasPiece } from "./paid-tasks.ts";
import { factsOfArtifact, factsOfEvent, factsOfTask, type TaskFacts, taskNamedIn } from "./task-facts.ts";
import type { TurnEnd } from "./turn-end.ts";

const RECONNECTS_MAX = 3;
const RECONNECT_WAIT_MS = 200;
const GET_TASK_MS = 10_000;

/** Where the stream of a task stands. */
interface Progress {
  facts: TaskFacts | undefined;
  /** The caller has a piece of the answer: its connection, still open, has taken it. */
  delivered: boolean;
  /** What has answered instead of a task. */
  message: JsonObject | undefined;
}

/** What following a stream takes. */
export interface StreamContext {
  link: AgentLink;
  ownership: Ownership;
  clock: Clock;
  /** By the monotonic clock: when everything about it has to be over. */
  endsAt: number;
  /** Of the call that began it, where somebody pays. */
  hold?: string | undefined;
  /** Told of the task before its events are handed over. */
  onTask?: ((taskId: string) => Promise<void>) | undefined;
  /** Whether a piece may be told; asked before the first one, of those who pay nothing for it themselves. */
  mayTell?: ((taskId: string) => Promise<boolean>) | undefined;
}

/**
 * Follows a task through an agent's stream, over drops of its connection, to the end of the agent's turn. A reader who lags holds the
 * agent back. What the events say of the task is recorded before the caller sees them.
 */
export class TaskStream {
  readonly context: StreamContext;
  readonly #progress: Progress = { facts: undefined, delivered: false, message: undefined };
  readonly #ended = Promise.withResolvers<TurnEnd | undefined>();
  #take: Take<Payload> = () => false;
  /** The event on its way to the reader brings a piece of the answer. */
  #brings = false;
  /** The reader wants no more. */
  #enough = false;
  #refusal: unknown;

  constructor(context: StreamContext) {
    this.context = context;
  }

  /** How the agent's turn has ended, as soon as an event tells it; undefined when the stream ended, or its reader left, before. */
  get ended(): Promise<TurnEnd | undefined> {
    return this.#ended.promise;
  }

  /** The reader has a piece of the answer, or one is on its way to it. */
  get hasDelivered(): boolean {
    return this.#progress.delivered || this.#brings;
  }

  /**
   * Hands over the events, in the caller's dialect, to the end or until `take` wants no more. A reader who leaves must also `cancel`.
   * @throws A2AError, Problem when the stream fails before it has told of a task
   */
  async read(first: UpstreamStream, take: Take<Payload>): Promise<void> {
    const { callerDialect } = this.context.link;
    const marks = callerDialect === V1 ? undefined : new FinalMarks(callerDialect, take, this.context.clock);
    this.#take = marks ? (event) => marks.take(event) : (event) => take(translateEvent(event, V1));
    try {
      let upstream: UpstreamStream | undefined = first;
      for (let reconnects = 0; upstream; reconnects++) {
        let lost: unknown;
        try {
          await upstream.read(this.#pass);
        } catch (error) {
          lost = error;
        }
        upstream = await this.#afterwards(lost, reconnects);
      }
      await marks?.end();
    } finally {
      this.cancel();
    }
    if (this.#refusal !== undefined) throw this.#refusal;
  }

  /** Waits for a reader who lags, as long as there is time. */
  awaitReader(lagging: Promise<void>, sink: ReaderSink): Promise<boolean> {
    const { clock, endsAt } = this.context;
    return caughtUp(lagging, sink, endsAt, clock);
  }

  /** The reader has left: the connection to the agent goes at once. */
  cancel(): void {
    this.context.link.abort();
    this.#ended.resolve(undefined);
  }

  /** What of the task is known by now. */
  get facts(): TaskFacts | undefined {
    return this.#progress.facts;
  }

  /** What has answered instead of a task. */
  get message(): JsonObject | undefined {
    return this.#progress.message;
  }

  /** The task as it is now. @param link a way to the agent that is still open */
  async getTask(link: AgentLink, taskId: string): Promise<JsonObject> {
    return link.getTask(taskId, Math.max(1, this.#leftMs(GET_TASK_MS)));
  }

  /** How much time there is, but no more than this. */
  #leftMs(mostMs = Number.POSITIVE_INFINITY): number {
    const { clock, endsAt } = this.context;
    return Math.min(mostMs, endsAt - clock.monotonic());
  }

  /** What follows the end of a connection's events: nothing, or the next one's, when the task has to be taken up again. */
  async #afterwards(lost: unknown, reconnects: number): Promise<UpstreamStream | undefined> {
    if (lost !== undefined && !this.#mayReconnect(lost) && !this.#isOutOfTime(lost)) {
      await this.#erred(lost);
      return undefined;
    }
    const { facts } = this.#progress;
    if (this.#enough || this.#progress.message || (facts && isSettled(facts.state))) return undefined;
    // An agent still at work as the time runs out has taken the task on.
    if (facts && this.#leftMs() <= 0) return undefined;
    if (!facts) {
      await this.#broken(new A2AError("InvalidAgentResponse", "The agent's stream ended before it began"));
      return undefined;
    }
    if (this.context.link.aborted || reconnects >= RECONNECTS_MAX) {
      await this.#broken(new OutboundError("reset", "the agent's stream ended before its task"));
      return undefined;
    }
    await new Promise<void>((resolve) => this.context.clock.after(RECONNECT_WAIT_MS * reconnects, resolve));
    return this.#resubscribe(facts);
  }

  /** An event on its way from the agent to the reader. One that says nothing new of the task passes without waiting for anything. */
  readonly #pass = (event: Payload): boolean | Promise<boolean> => {
    const leading = this.#leadingTask(event);
    if (leading) {
      const passed = Promise.resolve(this.#pass(leading));
      return passed.then((more) => more && this.#pass(event));
    }
    const noted = this.#note(event);
    if (this.context.mayTell && this.#brings && !this.#progress.delivered) return this.#handIfAllowed(noted, event);
    return noted ? noted.then(() => this.#hand(event)) : this.#hand(event);
  };

  async #handIfAllowed(noted: Promise<void> | undefined, event: Payload): Promise<boolean> {
    await noted;
    return (await this.#isAllowed()) && this.#hand(event);
  }

  /** Asked before the first piece. What may not be told ends the stream. */
  async #isAllowed(): Promise<boolean> {
    const { facts, delivered } = this.#progress;
    const { mayTell } = this.context;
    if (!mayTell || !facts || !this.#brings || delivered || (await mayTell(facts.taskId))) return true;
    return this.#refused(notPaidFor());
  }

  #hand(event: Payload): boolean | Promise<boolean> {
    try {
      const wanted = this.#take(event);
      if (typeof wanted === "boolean") return this.#goesOn(wanted);
      return wanted.then(
        (more) => this.#goesOn(more),
        (error) => this.#refused(error),
      );
    } catch (error) {
      return this.#refused(error);
    }
  }

  /** The reader, not the agent, has failed: there is nothing to take up again, and nobody to tell. */
  #refused(error: unknown): boolean {
    this.#refusal = error;
    return this.#goesOn(false);
  }

  #goesOn(wanted: boolean): boolean {
    this.#handed(wanted);
    // 1.0, section 3.5.2: a terminal state, or a message, is the last event.
    return wanted && !this.#isOver();
  }

  #handed(wanted: boolean): void {
    if (!wanted) this.#enough = true;
    else if (this.#brings) this.#progress.delivered = true;
    this.#brings = false;
  }

  #isOver(): boolean {
    const { facts, message } = this.#progress;
    return message !== undefined || (facts !== undefined && isTerminal(facts.state));
  }

  #isOutOfTime(error: unknown): boolean {
    return OutboundError.isInstance(error) && error.kind === "timeout" && this.#progress.facts !== undefined;
  }

  #mayReconnect(error: unknown): boolean {
    const lost = OutboundError.isInstance(error) && (error.kind === "reset" || error.kind === "protocol");
    return lost && this.#progress.facts !== undefined && !this.context.link.aborted;
  }

  /** Takes up a task again. First comes the whole task, which makes up for what was missed: 1.0 begins so, 0.3 does not. */
  async #resubscribe({ taskId }: TaskFacts): Promise<UpstreamStream | undefined> {
    const { link, clock, endsAt } = this.context;
    try {
      if (link.target.version === "0.3" && !(await this.#tell(await this.getTask(link, taskId)))) return undefined;
      return await link.stream("SubscribeToTask", Payload.ofValue(V1, { id: taskId }), this.#leftMs());
    } catch {
      // The task is over, or the agent cannot be subscribed to: what it is now says more.
    }
    try {
      if (!(await this.#tell(await this.getTask(link, taskId)))) return undefined;
      const awaited = await awaitSettled(link, taskId, endsAt, clock);
      if ("failed" in awaited) throw awaited.failed;
      if (awaited.task) await this.#tell(awaited.task);
    } catch (error) {
      await this.#broken(error);
    }
    return undefined;
  }

  /**
   * Hands over the whole task as it is now; its last state also alone, for those who look at updates. Answers whether the agent goes on
   * and the reader wants more.
   */
  async #tell(task: JsonObject): Promise<boolean> {
    const { id: taskId, status, contextId } = task;
    const told = Payload.ofValue(V1, { task });
    await this.#note(told);
    if (!(await this.#isAllowed())) return false;
    const wanted = await this.#take(told);
    this.#handed(wanted);
    const state = factsOfTask(task)?.state;
    if (wanted && isTerminal(state)) {
      await this.#take(Payload.ofValue(V1, { statusUpdate: { taskId, contextId: contextId ?? "", status } }));
    }
    return wanted && !isSettled(state);
  }

  /** An agent whose stream ends in an error may know all the same how its task has ended. */
  async #erred(error: unknown): Promise<void> {
    const { link } = this.context;
    const { facts } = this.#progress;
    const task = facts && !link.aborted && (await this.getTask(link, facts.taskId).catch(() => undefined));
    if (task && isTerminal(factsOfTask(task)?.state)) await this.#tell(task);
    else await this.#broken(error);
  }

  /** The agent is lost in the middle of a task: its callers are told that it failed. */
  async #broken(error: unknown): Promise<void> {
    const { link, clock } = this.context;
    const { facts } = this.#progress;
    if (link.aborted) return;
    this.#ended.resolve({ kind: "failed", failure: link.failure(error), taskId: facts?.taskId });
    if (!facts) throw link.callerError(error);
    const { taskId, contextId } = facts;
    const text = link.failure(error).detail;
    const message = {
      messageId: `${taskId}-failed`,
      taskId,
      contextId,
      role: "ROLE_AGENT",
      parts: [{ text }],
    };
    const status = { state: "TASK_STATE_FAILED", timestamp: new Date(clock.now()).toISOString(), message };
    await this.#take(Payload.ofValue(V1, { statusUpdate: { taskId, contextId, status } }));
  }

  /** A 0.3 agent's stream may begin with an update; 1.0's begins with the task. */
  #leadingTask(event: Payload): Payload | undefined {
    if (this.#progress.facts || event.dialect === V1) return undefined;
    const { statusUpdate, artifactUpdate } = canonicalEvent(event);
    const update = statusUpdate ?? artifactUpdate;
    if (!isObject(update) || typeof update.taskId !== "string") return undefined;
    const { taskId: id, contextId, status } = update;
    return Payload.ofValue(V1, { task: { id, contextId, status: status ?? { state: "TASK_STATE_WORKING" } } });
  }

  /** Takes note of an event before it goes out. The promise, where there is one, has to be waited for. */
  #note(event: Payload): Promise<void> | undefined {
    const object = canonicalEvent(event);
    if (!this.#progress.facts && !KINDS.some((kind) => isObject(object[kind]))) throw noEvent();
    this.#brings = hasPiece(object);
    if (object.message !== undefined) return this.#noteMessage(object.message);
    const known = this.#progress.facts;
    const taskId = taskNamedIn(object);
    if (known && taskId !== undefined && taskId !== known.taskId) throw strayEvent();
    const facts = factsOfEvent(object) ?? (known ? undefined : factsOfArtifact(object));
    if (!facts) return undefined;
    const contextId = facts.contextId || known?.contextId || "";
    // A task at work says so again and again; without a moment of its own that is nothing to record.
    if (known?.state === facts.state && known.contextId === contextId && facts.statusAt === undefined) return undefined;
    return this.#noteTask({ ...facts, contextId }, known === undefined);
  }

  async #noteMessage(said: unknown): Promise<void> {
    const message = isObject(said) ? said : {};
    this.#progress.message = message;
    this.#ended.resolve({ kind: "message" });
    await this.context.ownership.claim(message.contextId);
  }

  #noteTask(facts: TaskFacts, isFirst: boolean): Promise<void> | undefined {
    this.#progress.facts = facts;
    const recorded = this.context.ownership.record(facts, undefined, isFirst ? this.context.hold : undefined);
    if (isFirst) recorded.catch(() => this.#forget());
    if (isFirst || isSettled(facts.state)) return recorded.then(() => this.#recorded(facts, isFirst));
    recorded.catch(() => {});
    return undefined;
  }

  /** The task that the stream began with is not the caller's: nothing is told of it. */
  #forget(): void {
    this.#progress.facts = undefined;
  }

  async #recorded({ taskId, state }: TaskFacts, isFirst: boolean): Promise<void> {
    if (isFirst) await this.context.onTask?.(taskId);
    if (isSettled(state)) this.#ended.resolve({ kind: "told", state, taskId });
  }
}

const KINDS = ["task", "message", "statusUpdate", "artifactUpdate"];

/** A stream is one task's: of any other nobody has asked whose it is. */
const strayEvent = () => new A2AError("InvalidAgentResponse", "The agent sent an event of another task");
export const notPaidFor = () =>
  new A2AError("UnsupportedOperation", "The call for this task was not paid for; there is nothing more to tell of it");
const noEvent = () => new A2AError("InvalidAgentResponse", "The agent sent an event that is none of A2A 1.0");

function canonicalEvent(event: Payload): JsonObject {
  const { object } = translateEvent(event, V1);
  if (Object.keys(object).length === 0) throw noEvent();
  return object;
}
