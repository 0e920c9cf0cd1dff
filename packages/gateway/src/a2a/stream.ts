import { A2AError, isObject, isSettled, isTerminal, type JsonObject } from "@agentgate/protocol/a2a";
import { OutboundError, type Take } from "../outbound/index.ts";
import { caughtUp, Payload, type ReaderSink, translateEvent, type UpstreamStream } from "../routing/index.ts";
import type { Clock } from "../runtime/index.ts";
import { type AgentLink, V1 } from "./agent-link.ts";
import { awaitSettled } from "./await-settled.ts";
import { ReaderEvents } from "./reader-events.ts";
import { noEvent, StreamProgress, type StreamProgressOptions } from "./stream-progress.ts";
import { factsOfTask, type TaskFacts } from "./task-facts.ts";
import type { TurnEnd } from "./turn-end.ts";

const RECONNECTS_MAX = 3;
const RECONNECT_WAIT_MS = 200;
const GET_TASK_MS = 10_000;

/** What following a stream takes. */
export interface StreamContext extends StreamProgressOptions {
  link: AgentLink;
  clock: Clock;
  /** By the monotonic clock: when everything about it has to be over. */
  endsAt: number;
  /** How long a task of which no stream tells any more may stay as it is before its agent counts as lost, in milliseconds. */
  unchangedMs: number;
  /** The task as it is when somebody subscribes to it, where the agent's stream does not begin with it. */
  leading?: JsonObject | undefined;
  /** Whether a piece may be told; asked before the first one, of those who pay nothing for it themselves. */
  mayTell?: ((taskId: string) => Promise<boolean>) | undefined;
}

/**
 * Follows a task through an agent's stream, over drops of its connection, to the end of the agent's turn. A reader who lags holds the
 * agent back.
 */
export class TaskStream {
  readonly context: StreamContext;
  readonly #progress: StreamProgress;
  #reader!: ReaderEvents;
  /** The reader wants no more. */
  #enough = false;
  #refusal: unknown;
  #isBroken = false;

  constructor(context: StreamContext) {
    this.context = context;
    const { link } = context;
    this.#progress = new StreamProgress({ ...context, onContext: (contextId) => link.belongsTo(contextId) });
  }

  /** How the agent's turn has ended, as soon as an event tells it; undefined when the stream ended, or its reader left, before. */
  get ended(): Promise<TurnEnd | undefined> {
    return this.#progress.ended;
  }

  /** The agent's stream has broken off and is not taken up again, or not yet. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** The reader has a piece of the answer, or one is on its way to it. */
  get hasDelivered(): boolean {
    return this.#progress.delivered || this.#progress.brings;
  }

  /** What of the task is known by now. */
  get facts(): TaskFacts | undefined {
    return this.#progress.facts;
  }

  /** What has answered instead of a task. */
  get message(): JsonObject | undefined {
    return this.#progress.message;
  }

  /**
   * Hands over the events, in the caller's dialect, to the end or until `take` wants no more. A reader who leaves must also `cancel`.
   * @throws A2AError, Problem when the stream fails before it has told of a task
   */
  async read(first: UpstreamStream, take: Take<Payload>): Promise<void> {
    const { link, clock, leading } = this.context;
    const onTaken = () => this.#progress.handed(true);
    this.#reader = new ReaderEvents({ dialect: link.callerDialect, take, onTaken, clock });
    try {
      let upstream: UpstreamStream | undefined = first;
      for (let reconnects = 0; upstream; reconnects++) {
        let lost: unknown;
        try {
          if (leading && upstream === first) await this.#tell(leading);
          if (!this.#enough) await upstream.read(this.#pass);
        } catch (error) {
          lost = error;
        }
        upstream = await this.#afterwards(lost, reconnects);
      }
      await this.#reader.end();
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
    this.#progress.end(undefined);
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
    const { facts, message } = this.#progress;
    if (this.#enough || message || (facts && isSettled(facts.state))) return undefined;
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
    this.#isBroken = true;
    await new Promise<void>((resolve) => this.context.clock.after(RECONNECT_WAIT_MS * reconnects, resolve));
    return this.#resubscribe(facts);
  }

  /** An event on its way from the agent to the reader. One that says nothing new of the task passes without waiting for anything. */
  readonly #pass = (event: Payload): boolean | Promise<boolean> => {
    const said = canonicalEvent(event);
    const leading = this.#leadingTask(event, said);
    if (leading) {
      const passed = Promise.resolve(this.#passOn(leading, leading.object));
      return passed.then((more) => more && this.#passOn(event, said));
    }
    return this.#passOn(event, said);
  };

  #passOn(event: Payload, said: JsonObject): boolean | Promise<boolean> {
    const noted = this.#progress.note(said);
    if (this.context.mayTell && this.#progress.brings && !this.#progress.delivered) {
      return this.#handIfAllowed(noted, event, said);
    }
    return noted ? noted.then(() => this.#hand(event, said)) : this.#hand(event, said);
  }

  async #handIfAllowed(noted: Promise<void> | undefined, event: Payload, said: JsonObject): Promise<boolean> {
    await noted;
    return (await this.#isAllowed()) && this.#hand(event, said);
  }

  /** Asked before the first piece. What may not be told ends the stream. */
  async #isAllowed(): Promise<boolean> {
    const { facts, delivered, brings } = this.#progress;
    const { mayTell } = this.context;
    if (!mayTell || !facts || !brings || delivered || (await mayTell(facts.taskId))) return true;
    return this.#refused(notPaidFor());
  }

  #hand(event: Payload, said: JsonObject): boolean | Promise<boolean> {
    try {
      const wanted = this.#reader.take(event, said);
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
    return wanted && !this.#progress.isOver;
  }

  #handed(wanted: boolean): void {
    if (!wanted) this.#enough = true;
    this.#progress.handed(wanted);
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
    const { link, clock, endsAt, unchangedMs } = this.context;
    try {
      if (link.target.version === "0.3" && !(await this.#tell(await this.getTask(link, taskId)))) return undefined;
      const upstream = await link.stream("SubscribeToTask", Payload.ofValue(V1, { id: taskId }), this.#leftMs());
      this.#isBroken = false;
      return upstream;
    } catch {
      // The task is over, or the agent cannot be subscribed to: what it is now says more.
    }
    try {
      if (!(await this.#tell(await this.getTask(link, taskId)))) return undefined;
      const awaited = await awaitSettled(link, taskId, { endsAt, clock, unchangedMs });
      if ("failed" in awaited) throw awaited.failed;
      if (awaited.task) await this.#tell(awaited.task);
    } catch (error) {
      await this.#broken(error);
    }
    return undefined;
  }

  /** Hands over the whole task as it is now. Answers whether the agent goes on and the reader wants more. */
  async #tell(task: JsonObject): Promise<boolean> {
    await this.#progress.note({ task });
    if (!(await this.#isAllowed())) return false;
    try {
      const wanted = await this.#reader.takeSnapshot(task);
      this.#handed(wanted);
      return wanted && !isSettled(factsOfTask(task)?.state);
    } catch (error) {
      return this.#refused(error);
    }
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
    this.#progress.end({ kind: "failed", failure: link.failure(error), taskId: facts?.taskId });
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
    await this.#reader.takeUpdate({ statusUpdate: { taskId, contextId, status } });
  }

  /** A 0.3 agent's stream may begin with an update; 1.0's begins with the task. */
  #leadingTask(event: Payload, { statusUpdate, artifactUpdate }: JsonObject): Payload | undefined {
    if (this.#progress.facts || event.dialect === V1) return undefined;
    const update = statusUpdate ?? artifactUpdate;
    if (!isObject(update) || typeof update.taskId !== "string") return undefined;
    const { taskId: id, contextId, status } = update;
    return Payload.ofValue(V1, { task: { id, contextId, status: status ?? { state: "TASK_STATE_WORKING" } } });
  }
}

export const notPaidFor = () =>
  new A2AError("UnsupportedOperation", "The call for this task was not paid for; there is nothing more to tell of it");

function canonicalEvent(event: Payload): JsonObject {
  const { object } = translateEvent(event, V1);
  if (Object.keys(object).length === 0) throw noEvent();
  return object;
}
