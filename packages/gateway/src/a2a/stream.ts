import {
  A2AError,
  isInterrupted,
  isObject,
  isSettled,
  isTerminal,
  type JsonObject,
  type TaskState,
} from "@agentgate/protocol/a2a";
import { OutboundError } from "../outbound/index.ts";
import type { AgentOutcome, UpstreamStream } from "../routing/index.ts";
import { Payload, translateEvent } from "../routing/index.ts";
import { type AgentLink, V1 } from "./agent-link.ts";
import { awaitSettled } from "./await-settled.ts";
import { judge, type SendContext } from "./send.ts";
import { factsOfEvent, factsOfTask, type TaskFacts } from "./task-facts.ts";

const RECONNECTS_MAX = 3;
const RECONNECT_WAIT_MS = 200;
const GET_TASK_MS = 10_000;

/** Where the stream of a task stands. */
interface Progress {
  facts: TaskFacts | undefined;
  /** Something the caller can use has gone out. */
  delivered: boolean;
  /** What has answered instead of a task. */
  message: JsonObject | undefined;
}

/** What following a stream takes. */
export type StreamContext = Pick<SendContext, "link" | "ownership" | "clock" | "timeoutMs">;

/**
 * Follows a task through an agent's stream, over drops of its connection, to the end of the agent's turn. Events are pulled: a reader
 * who lags holds the agent back. What the events say of the task is recorded before the caller sees them.
 */
export class TaskStream {
  readonly #context: StreamContext;
  readonly #progress: Progress = { facts: undefined, delivered: false, message: undefined };
  readonly #onTask: (taskId: string) => Promise<void>;
  readonly #ended = Promise.withResolvers<AgentOutcome | undefined>();

  constructor(context: StreamContext, onTask: (taskId: string) => Promise<void> = async () => {}) {
    this.#context = context;
    this.#onTask = onTask;
  }

  /** The task's outcome, as soon as an event tells it; undefined when the stream ended, or its reader left, before. */
  get ended(): Promise<AgentOutcome | undefined> {
    return this.#ended.promise;
  }

  /** The events in the caller's dialect, to the end. A reader who leaves must also `cancel`. */
  async *events(upstream: UpstreamStream): AsyncGenerator<Payload, void, void> {
    const { callerDialect } = this.#context.link;
    try {
      const followed = this.#followed(upstream);
      const translate = (event: Payload, closing = false) => translateEvent(event, callerDialect, closing);
      if (callerDialect !== V1) yield* withFinal(followed, translate);
      else for await (const event of followed) yield translate(event);
    } finally {
      this.cancel();
    }
  }

  /** The reader has left: the connection to the agent goes at once. */
  cancel(): void {
    this.#context.link.abort();
    this.#ended.resolve(undefined);
  }

  /** The outcome of a task whose reader has left: asked for, over a way of its own, until the agent's turn is over. */
  async outcomeWithoutReader(link: AgentLink, watchMs: number, stopping: AbortSignal): Promise<AgentOutcome> {
    const { clock, ownership } = this.#context;
    const { facts, delivered } = this.#progress;
    if (!facts) {
      const left = new OutboundError("aborted", "the caller left before the task had begun");
      return { ok: false, failure: link.failure(left) };
    }
    const awaited = await awaitSettled(link, facts.taskId, watchMs, clock, stopping);
    if ("failed" in awaited) return { ok: false, failure: link.failure(awaited.failed), taskId: facts.taskId };
    const now = factsOfTask(awaited.task);
    if (now) await ownership.record(now).catch(() => {});
    return judge("stillWorking" in awaited ? undefined : now?.state, facts.taskId, delivered, EMPTY);
  }

  /** The whole answer in 1.0's shape: the message, or the task as it is now. */
  async answer(link: AgentLink): Promise<JsonObject> {
    const { message, facts } = this.#progress;
    if (message || !facts) return { message };
    const { taskId: id, contextId, state } = facts;
    const task = await link.getTask(id, GET_TASK_MS).catch(() => ({ id, contextId, status: { state } }));
    return { task };
  }

  /** The agent's events in 1.0's shape or its own bytes, over reconnects. */
  async *#followed(first: UpstreamStream): AsyncGenerator<Payload, void, void> {
    let upstream: UpstreamStream | undefined = first;
    for (let reconnects = 0; upstream; reconnects++) {
      try {
        for await (const event of upstream.events) {
          yield* this.#leadingTask(event);
          yield await this.#seen(event);
          // 1.0, section 3.5.2: a terminal state, or a message, is the last event.
          if (this.#isOver()) return;
        }
      } catch (error) {
        if (!this.#mayReconnect(error)) {
          yield* this.#broken(error);
          return;
        }
      }
      const { facts } = this.#progress;
      if (this.#progress.message || (facts && isSettled(facts.state))) return;
      if (!facts) {
        yield* this.#broken(new A2AError("InvalidAgentResponse", "The agent's stream ended before it began"));
        return;
      }
      if (this.#context.link.aborted || reconnects >= RECONNECTS_MAX) {
        yield* this.#broken(new OutboundError("reset", "the agent's stream ended before its task"));
        return;
      }
      await new Promise<void>((resolve) => this.#context.clock.after(RECONNECT_WAIT_MS * reconnects, resolve));
      upstream = yield* this.#resubscribe(facts);
    }
  }

  #isOver(): boolean {
    const { facts, message } = this.#progress;
    return message !== undefined || (facts !== undefined && isTerminal(facts.state));
  }

  #mayReconnect(error: unknown): boolean {
    const lost = OutboundError.isInstance(error) && (error.kind === "reset" || error.kind === "protocol");
    return lost && this.#progress.facts !== undefined && !this.#context.link.aborted;
  }

  /** Takes up a task again. Its first event is the whole task, which makes up for what was missed. */
  async *#resubscribe({ taskId }: TaskFacts): AsyncGenerator<Payload, UpstreamStream | undefined, void> {
    const { link, timeoutMs } = this.#context;
    try {
      return await link.stream("SubscribeToTask", Payload.ofValue(V1, { id: taskId }), timeoutMs);
    } catch (error) {
      if (OutboundError.isInstance(error) && error.kind !== "connect" && error.kind !== "reset") throw error;
    }
    // The task is over, or the agent cannot be subscribed to: what it is now says how it ended.
    try {
      const task = await link.getTask(taskId, GET_TASK_MS);
      const { status, contextId } = task;
      yield await this.#seen(Payload.ofValue(V1, { task }));
      if (isTerminal(factsOfTask(task)?.state)) {
        yield Payload.ofValue(V1, { statusUpdate: { taskId, contextId: contextId ?? "", status } });
      }
    } catch (error) {
      yield* this.#broken(error);
    }
    return undefined;
  }

  /** The agent is lost in the middle of a task: its callers are told that it failed. */
  async *#broken(error: unknown): AsyncGenerator<Payload, void, void> {
    const { link, clock } = this.#context;
    const { facts } = this.#progress;
    if (link.aborted) return;
    this.#ended.resolve({ ok: false, failure: link.failure(error), ...(facts && { taskId: facts.taskId }) });
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
    yield Payload.ofValue(V1, { statusUpdate: { taskId, contextId, status } });
  }

  /** A 0.3 agent's stream may begin with an update; 1.0's begins with the task. */
  async *#leadingTask(event: Payload): AsyncGenerator<Payload, void, void> {
    if (this.#progress.facts || event.dialect === V1) return;
    const { statusUpdate, artifactUpdate } = canonicalEvent(event);
    const update = statusUpdate ?? artifactUpdate;
    if (!isObject(update) || typeof update.taskId !== "string") return;
    const { taskId: id, contextId, status } = update;
    yield await this.#seen(
      Payload.ofValue(V1, { task: { id, contextId, status: status ?? { state: "TASK_STATE_WORKING" } } }),
    );
  }

  /** Takes note of an event before it goes out. */
  async #seen(event: Payload): Promise<Payload> {
    const progress = this.#progress;
    const object = canonicalEvent(event);
    if (object.message !== undefined) {
      progress.message = isObject(object.message) ? object.message : {};
      this.#ended.resolve(judge(undefined, undefined, true, EMPTY));
      await this.#context.ownership.claim(progress.message.contextId);
    }
    const facts = factsOfEvent(object);
    if (object.artifactUpdate !== undefined || hasArtifacts(object.task)) progress.delivered = true;
    if (facts) {
      const isFirst = progress.facts === undefined;
      const contextId = facts.contextId || progress.facts?.contextId || "";
      progress.facts = { ...facts, contextId };
      const recorded = this.#context.ownership.record(progress.facts);
      if (isFirst || isSettled(facts.state)) await recorded;
      else recorded.catch(() => {});
      if (isFirst) await this.#onTask(facts.taskId);
      if (isSettled(facts.state)) {
        this.#ended.resolve(judge(facts.state, facts.taskId, progress.delivered, EMPTY));
      }
    }
    return event;
  }
}

const EMPTY = "null";

const hasArtifacts = (task: unknown): boolean =>
  isObject(task) && Array.isArray(task.artifacts) && task.artifacts.length > 0;

function canonicalEvent(event: Payload): JsonObject {
  const { object } = translateEvent(event, V1);
  if (Object.keys(object).length === 0) throw new A2AError("InvalidAgentResponse", "The agent sent an empty event");
  return object;
}

/**
 * 0.3's clients wait for `final`, which 1.0 does not have: an update that hands the turn to the caller is final when the agent ends
 * its stream with it.
 */
async function* withFinal(
  events: AsyncGenerator<Payload, void, void>,
  translate: (event: Payload, closing: boolean) => Payload,
): AsyncGenerator<Payload, void, void> {
  try {
    for (let next = await events.next(); !next.done; ) {
      const event: Payload = next.value;
      const following = events.next();
      following.catch(() => {});
      const closing = isTurnOver(event) && (await endsSoon(following));
      yield translate(event, closing);
      next = await following;
    }
  } finally {
    await events.return();
  }
}

const ENDS_SOON_MS = 100;

function endsSoon(following: Promise<IteratorResult<Payload, void>>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ENDS_SOON_MS);
    following
      .then(
        ({ done }) => resolve(done === true),
        () => resolve(false),
      )
      .finally(() => clearTimeout(timer));
  });
}

function isTurnOver(event: Payload): boolean {
  const state: TaskState | undefined = factsOfEvent(translateEvent(event, V1).object)?.state;
  return isInterrupted(state);
}
