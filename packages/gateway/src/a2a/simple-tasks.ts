import { isObject, isSettled, isTerminal, type JsonObject, TaskAssembly, toTaskState } from "@agentgate/protocol/a2a";
import type { Agent } from "../agents/index.ts";
import { Problem } from "../http/index.ts";
import { type Holding, OutboundError } from "../outbound/index.ts";
import {
  type AgentCall,
  type AgentFailure,
  type AgentOutcome,
  type AgentProtocol,
  type ChunkSink,
  failureOf,
  messageOfTask,
  type OutgoingTask,
  Payload,
  simpleAnswerOf,
  translateEvent,
  translateResult,
  withSkill,
} from "../routing/index.ts";
import type { Clock, Random } from "../runtime/index.ts";
import { isStorageError } from "../storage/index.ts";
import { AgentLink, type LinkOptions, V1 } from "./agent-link.ts";
import { awaitSettled } from "./await-settled.ts";
import { Ownership } from "./ownership.ts";
import type { PaidTasks } from "./paid-tasks.ts";
import { takenOver } from "./send.ts";
import { TaskStream } from "./stream.ts";
import { factsOfAnswer, factsOfTask, isPayable } from "./task-facts.ts";
import type { TaskIndex } from "./task-index.ts";
import { outcomeOf, type PaidCall, type TurnEnd } from "./turn-end.ts";

export interface SimpleTasksOptions extends LinkOptions {
  index: TaskIndex;
  paidTasks: PaidTasks;
  clock: Clock;
  random: Random;
}

/** What a task is worked off with. */
interface Work {
  link: AgentLink;
  ownership: Ownership;
  params: Payload;
  /** By the monotonic clock: when the caller is answered, whatever there is by then. */
  endsAt: number;
  onChunk: ChunkSink | undefined;
  onStatus: ChunkSink | undefined;
  onTask: OutgoingTask["onTask"];
  /** Of a call that somebody pays for. */
  paid: PaidCall | undefined;
  /** Aborted when the caller leaves. */
  signal: AbortSignal;
  /** The caller has taken a piece of the answer. */
  hasDelivered: boolean;
}

/** How far a task has come: in 1.0's shape. */
interface Progress {
  result: JsonObject | undefined;
  /** The caller left before its end. */
  isLeft?: boolean;
}

/** Beyond the caller's time: the agent's answer is not cut off at the moment in which its state is told. */
const MARGIN_MS = 5_000;
const CANCEL_MS = 5_000;

/**
 * Brings the simple tasks of the product's own entrances to A2A agents and their answers back in the simple shape. A task is awaited
 * for its time; one that takes longer is answered with its state and id.
 */
export class SimpleTasks implements AgentProtocol {
  readonly #options: SimpleTasksOptions;

  constructor(options: SimpleTasksOptions) {
    this.#options = options;
  }

  send(agent: Agent, task: OutgoingTask): AgentCall {
    return this.#start(agent, task, undefined);
  }

  stream(agent: Agent, task: OutgoingTask, onChunk: ChunkSink): AgentCall {
    return this.#start(agent, task, onChunk);
  }

  #start(agent: Agent, task: OutgoingTask, onChunk: ChunkSink | undefined): AgentCall {
    const stop = new AbortController();
    const outcome = this.#run(agent, task, stop.signal, onChunk).catch(
      (error): AgentOutcome => ({ ok: false, failure: toldFailure(error) ?? failureOf(agent, error) }),
    );
    return { outcome, abort: () => stop.abort() };
  }

  async #run(
    agent: Agent,
    { body, skillId, headers, timeoutMs, endsAt, holdId, callerScope, meter, onTask, onStatus }: OutgoingTask,
    signal: AbortSignal,
    onChunk: ChunkSink | undefined,
  ): Promise<AgentOutcome> {
    const { index, clock, random, paidTasks, client, interpreters, cards, responseBytesMax } = this.#options;
    const given: JsonObject = JSON.parse(body);
    const named = withSkill(messageOfTask(given, random.uuid()), skillId) as JsonObject;
    const ownership = new Ownership(agent.id, callerScope, index, clock);
    const contextId = await ownership.demandReferences({ message: named });
    const message = contextId === undefined ? named : { ...named, contextId };
    const speech = { version: "1.0", binding: "JSONRPC" } as const;
    const call = { speech, extensions: undefined, rpcId: JSON.stringify(message.messageId) };
    const link = await AgentLink.open(agent, call, headers, {
      ...{ client, interpreters, cards, responseBytesMax, meter, callerScope },
    });
    const { streaming } = link.card.capabilities;
    const configuration = streaming ? undefined : { returnImmediately: true };
    const params = Payload.ofValue(V1, { message, ...(configuration && { configuration }) });
    const paid = holdId === null ? undefined : { tasks: paidTasks, agentId: agent.id, hold: holdId };
    const answerBy = Math.min(endsAt, clock.monotonic() + timeoutMs);
    const sinks = { onChunk, onStatus, onTask };
    const work = { link, ownership, params, endsAt: answerBy, ...sinks, paid, signal, hasDelivered: false };
    const undo = paid && (await takenOver({ message }, paid));
    try {
      const { result, isLeft } = streaming ? await this.#follow(work) : await this.#await(work);
      if (isLeft) return await this.#withoutCaller(work, result, given.id);
      return await outcomeOfAnswer(result!, given.id, paid);
    } catch (error) {
      await undo?.(error);
      throw error;
    }
  }

  /** Follows the agent's stream until its turn or the time is over. */
  async #follow(work: Work): Promise<Progress> {
    const { link, ownership, params, endsAt, onChunk, onStatus, paid, signal } = work;
    const { clock } = this.#options;
    const timeoutMs = endsAt - clock.monotonic();
    const assembly = new TaskAssembly();
    let told = work.onTask;
    const kept = new KeptEvents(this.#options.responseBytesMax, link.hold());
    const stream = new TaskStream({ link, ownership, clock, endsAt, unchangedMs: timeoutMs, hold: paid?.hold });
    let isOver = false;
    const end = () => {
      isOver = true;
      stream.cancel();
    };
    const cancelTimer = clock.after(timeoutMs, end);
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
    try {
      const upstream = await link.stream("SendStreamingMessage", params, timeoutMs + MARGIN_MS);
      await stream.read(upstream, (event) => {
        const { object } = translateEvent(event, V1);
        kept.count(event.text.length);
        assembly.add(object);
        if (told && stream.facts) {
          told(stream.facts);
          told = undefined;
        }
        const text = onChunk && (textIn(object.artifactUpdate) || progressIn(object.statusUpdate, link));
        const goesOn = !isSettled(toTaskState(assembly.state));
        const said = onStatus && goesOn && !text ? saidIn(object.statusUpdate) : "";
        const taken = text ? onChunk(text) : said ? onStatus!(said) : false;
        if (taken instanceof Promise) return taken.then((isTaken) => noted(work, isTaken, goesOn));
        return noted(work, taken, goesOn);
      });
    } catch (error) {
      if (!isOver || isStorageError(error)) throw error;
    } finally {
      cancelTimer();
      signal.removeEventListener("abort", end);
      kept.release();
    }
    const { result } = assembly;
    const isComplete = result?.message !== undefined || isSettled(factsOfTask(result?.task)?.state);
    if (signal.aborted && !isComplete) return { result, isLeft: true };
    if (!result) throw new OutboundError("timeout", "no answer within the agent's time");
    return { result };
  }

  /** The same for an agent that does not stream: asks for the task until its turn or the time is over. */
  async #await(work: Work): Promise<Progress> {
    const { link, ownership, params, endsAt, onChunk, paid, signal } = work;
    const { clock } = this.#options;
    const abort = () => link.abort();
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
    try {
      const { result } = await link.request("SendMessage", params, endsAt - clock.monotonic());
      const answer = translateResult("SendMessage", result, V1).object;
      const facts = factsOfAnswer(answer);
      await (facts
        ? ownership.record(facts, undefined, paid?.hold)
        : ownership.claim((answer.message as JsonObject).contextId));
      link.belongsTo(facts ? facts.contextId : (answer.message as JsonObject).contextId);
      if (facts) work.onTask?.(facts);
      if (!facts || isSettled(facts.state)) return { result: answer };
      const awaited = await awaitSettled(link, facts.taskId, { endsAt, clock, signal });
      const now = "task" in awaited ? factsOfTask(awaited.task) : undefined;
      if (now) await ownership.record(now);
      if (signal.aborted && !isSettled(now?.state)) return { result: answer, isLeft: true };
      if ("failed" in awaited) throw awaited.failed;
      const task = awaited.task ?? answer.task;
      const text = onChunk && isObject(task) && Array.isArray(task.artifacts) && task.artifacts.map(textOf).join("\n");
      if (text) await onChunk(text);
      return { result: { task } };
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** The caller has left: the agent is told to stop, and what has become of the task then decides. */
  async #withoutCaller(work: Work, result: JsonObject | undefined, callerTaskId: unknown): Promise<AgentOutcome> {
    const { link, ownership, paid, hasDelivered: hasBegun } = work;
    const failure = link.failure(new OutboundError("aborted", "the caller left"));
    const taskId = factsOfTask(result?.task)?.taskId;
    const told = taskId === undefined ? undefined : await this.#stopped(link.again(), taskId, work.endsAt);
    const facts = factsOfTask(told);
    if (facts) await ownership.record(facts).catch(() => {});
    const body = JSON.stringify(simpleAnswerOf({ task: told ?? result?.task }, callerTaskId));
    const end: TurnEnd =
      facts && isTerminal(facts.state)
        ? { kind: "told", state: facts.state, taskId: facts.taskId }
        : { kind: "lost", failure, isGone: false, taskId };
    const outcome = await outcomeOf(end, { hasBegun, body }, paid);
    // What came of it is all there is, when the agent told it.
    return outcome.ok && told ? { ...outcome, isPartial: false } : outcome;
  }

  /** The task after the agent was told to stop, as far as the time allows. */
  async #stopped(link: AgentLink, taskId: string, endsAt: number): Promise<JsonObject | undefined> {
    const { clock } = this.#options;
    const leftMs = () => Math.min(CANCEL_MS, endsAt - clock.monotonic());
    if (leftMs() <= 0) return undefined;
    const params = Payload.ofValue(V1, { id: taskId });
    try {
      const { result } = await link.request("CancelTask", params, leftMs());
      return translateResult("CancelTask", result, V1).object;
    } catch {
      // It may be over, and so not to be stopped.
      return leftMs() > 0 ? link.getTask(taskId, leftMs()).catch(() => undefined) : undefined;
    }
  }
}

/** Events beyond which an answer is too large, however short they are. */
const EVENTS_MAX = 100_000;
/** What a call costs anyway. */
const UNCOUNTED_LENGTH = 16_384;

/** What is put together of a stream is one answer, and no larger than one. */
class KeptEvents {
  readonly #lengthMax: number;
  readonly #held: Holding;
  #length = 0;
  #events = 0;

  /** @param held counts them with all answers under way */
  constructor(lengthMax: number, held: Holding) {
    this.#lengthMax = lengthMax;
    this.#held = held;
  }

  release(): void {
    this.#held.release();
  }

  /** @throws OutboundError `too_large`, `no_room` */
  count(length: number): void {
    this.#length += length;
    this.#events++;
    if (this.#length > this.#lengthMax || this.#events > EVENTS_MAX) {
      throw new OutboundError("too_large", "the events of the answer are too many, or too large");
    }
    if (this.#length > UNCOUNTED_LENGTH) this.#held.set(this.#length);
  }
}

/** Takes note of what the caller has taken. Answers whether the agent is to go on. */
function noted(work: Work, isTaken: boolean, goesOn: boolean): boolean {
  if (isTaken) work.hasDelivered = true;
  return goesOn;
}

/** Of an error that is in its caller's words already. */
function toldFailure(error: unknown): AgentFailure | undefined {
  if (!(error instanceof Problem)) return undefined;
  const { status, message, code } = error;
  return { status, detail: message, logged: code.replace(/^agent_/, "") };
}

async function outcomeOfAnswer(
  result: JsonObject,
  callerTaskId: unknown,
  paid: PaidCall | undefined,
): Promise<AgentOutcome> {
  const facts = factsOfTask(result.task);
  const answer = simpleAnswerOf(result, callerTaskId);
  const hasBegun = (answer.artifacts as unknown[]).length > 0;
  const body = JSON.stringify(answer);
  const named = facts && callerTaskId === undefined ? { taskId: facts.taskId } : {};
  if (!facts || isPayable(facts.state, hasBegun)) return { ok: true, body, ...named };
  // Of a task that was cancelled, something may have been told in another way.
  const isCancelled = facts.state === "TASK_STATE_CANCELED";
  if (isCancelled && paid && !(await paid.tasks.close(paid.agentId, facts.taskId, paid.hold))) {
    return { ok: true, body, ...named };
  }
  const { state, message } = answer.status as { state: string; message?: unknown };
  const detail = `Agent returned error: ${textOf(message) || `the task ended as ${state}`}`;
  return { ok: false, failure: { status: 502, detail, logged: `task_${state}` }, ...named };
}

const saidIn = (update: unknown): string =>
  isObject(update) && isObject(update.status) ? textOf(update.status.message) : "";

const textIn = (update: unknown): string => (isObject(update) ? textOf(update.artifact) : "");

/** What a tool says on its way is all that there is of it before its end. */
const progressIn = (update: unknown, { agent }: AgentLink): string => {
  if (agent.protocol !== "mcp" || !isObject(update) || !isObject(update.status)) return "";
  return update.status.state === "TASK_STATE_WORKING" ? textOf(update.status.message) : "";
};

const textOf = (holder: unknown): string =>
  isObject(holder) && Array.isArray(holder.parts)
    ? holder.parts
        .filter(isObject)
        .map(({ text }) => (typeof text === "string" ? text : ""))
        .join("")
    : "";
