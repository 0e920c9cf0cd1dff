import { isObject, isSettled, type JsonObject, TaskAssembly } from "@agentgate/protocol/a2a";
import type { Agent } from "../agents/index.ts";
import { Problem } from "../http/index.ts";
import { OutboundError } from "../outbound/index.ts";
import {
  type AgentCall,
  type AgentFailure,
  type AgentOutcome,
  type AgentProtocol,
  failureOf,
  messageOfTask,
  type OutgoingTask,
  Payload,
  simpleAnswerOf,
  translateEvent,
  translateResult,
} from "../routing/index.ts";
import type { Clock, Random } from "../runtime/index.ts";
import { isStorageError } from "../storage/index.ts";
import { AgentLink, type LinkOptions, V1 } from "./agent-link.ts";
import { awaitSettled } from "./await-settled.ts";
import { Ownership } from "./ownership.ts";
import { TaskStream } from "./stream.ts";
import { factsOfAnswer, factsOfTask, isPayable } from "./task-facts.ts";
import type { TaskIndex } from "./task-index.ts";

export interface SimpleTasksOptions extends LinkOptions {
  index: TaskIndex;
  clock: Clock;
  random: Random;
}

type OnChunk = (text: string) => void | Promise<void>;

/** What a task is worked off with. */
interface Work {
  link: AgentLink;
  ownership: Ownership;
  params: Payload;
  timeoutMs: number;
  onChunk: OnChunk | undefined;
  signal: AbortSignal;
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

  stream(agent: Agent, task: OutgoingTask, onChunk: OnChunk): AgentCall {
    return this.#start(agent, task, onChunk);
  }

  #start(agent: Agent, task: OutgoingTask, onChunk: OnChunk | undefined): AgentCall {
    const stop = new AbortController();
    const outcome = this.#run(agent, task, stop.signal, onChunk).catch(
      (error): AgentOutcome => ({ ok: false, failure: toldFailure(error) ?? failureOf(agent, error) }),
    );
    return { outcome, abort: () => stop.abort() };
  }

  async #run(
    agent: Agent,
    { body, headers, timeoutMs, callerScope }: OutgoingTask,
    signal: AbortSignal,
    onChunk: OnChunk | undefined,
  ): Promise<AgentOutcome> {
    const { index, clock, random } = this.#options;
    const given: JsonObject = JSON.parse(body);
    const message = messageOfTask(given, random.uuid());
    const ownership = new Ownership(agent.id, callerScope, index, clock);
    await ownership.demandReferences({ message });
    const speech = { version: "1.0", binding: "JSONRPC" } as const;
    const call = { speech, extensions: undefined, rpcId: JSON.stringify(message.messageId) };
    const link = await AgentLink.open(agent, call, headers, this.#options);
    const { streaming } = link.card.capabilities;
    const configuration = streaming ? undefined : { returnImmediately: true };
    const params = Payload.ofValue(V1, { message, ...(configuration && { configuration }) });
    const work = { link, ownership, params, timeoutMs, onChunk, signal };
    const result = streaming ? await this.#follow(work) : await this.#await(work);
    return outcomeOf(result, given.id);
  }

  /** Follows the agent's stream until its turn or the time is over. */
  async #follow({ link, ownership, params, timeoutMs, onChunk, signal }: Work): Promise<JsonObject> {
    const { clock } = this.#options;
    const assembly = new TaskAssembly();
    const stream = new TaskStream({ link, ownership, clock, timeoutMs });
    let isOver = false;
    const end = () => {
      isOver = true;
      stream.cancel();
    };
    const cancelTimer = clock.after(timeoutMs, end);
    signal.addEventListener("abort", end);
    try {
      const upstream = await link.stream("SendStreamingMessage", params, timeoutMs + MARGIN_MS);
      await stream.read(upstream, (event) => {
        const { object } = translateEvent(event, V1);
        assembly.add(object);
        const text = onChunk && textIn(object.artifactUpdate);
        const lagging = text ? onChunk(text) : undefined;
        const goesOn = !isSettled(factsOfTask(assembly.result?.task)?.state);
        return lagging instanceof Promise ? lagging.then(() => goesOn) : goesOn;
      });
    } catch (error) {
      if (signal.aborted || !isOver || isStorageError(error)) throw error;
    } finally {
      cancelTimer();
      signal.removeEventListener("abort", end);
    }
    const { result } = assembly;
    if (signal.aborted) return this.#cancelled(link, result);
    if (!result) throw new OutboundError("timeout", `no answer within ${timeoutMs} ms`);
    return result;
  }

  /** The same for an agent that does not stream: asks for the task until its turn or the time is over. */
  async #await({ link, ownership, params, timeoutMs, onChunk, signal }: Work): Promise<JsonObject> {
    const { clock } = this.#options;
    const startedAt = clock.monotonic();
    const abort = () => link.abort();
    signal.addEventListener("abort", abort);
    try {
      const { result } = await link.request("SendMessage", params, timeoutMs);
      const answer = translateResult("SendMessage", result, V1).object;
      const facts = factsOfAnswer(answer);
      await (facts ? ownership.record(facts) : ownership.claim((answer.message as JsonObject).contextId));
      if (!facts || isSettled(facts.state)) return answer;
      const remainingMs = timeoutMs - (clock.monotonic() - startedAt);
      const awaited = await awaitSettled(link, facts.taskId, remainingMs, clock, signal);
      if (signal.aborted) return this.#cancelled(link, answer);
      if ("failed" in awaited) throw awaited.failed;
      const task = awaited.task ?? answer.task;
      const now = factsOfTask(task);
      if (now) await ownership.record(now);
      const text = onChunk && isObject(task) && Array.isArray(task.artifacts) && task.artifacts.map(textOf).join("\n");
      if (text) await onChunk(text);
      return { task };
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** The caller hung up: the agent is told to stop. */
  #cancelled(link: AgentLink, result: JsonObject | undefined): never {
    const facts = factsOfTask(result?.task);
    if (facts) {
      const params = Payload.ofValue(V1, { id: facts.taskId });
      link
        .again()
        .request("CancelTask", params, CANCEL_MS)
        .catch(() => {});
    }
    throw new OutboundError("aborted", "the caller left");
  }
}

/** Of an error that is in its caller's words already. */
function toldFailure(error: unknown): AgentFailure | undefined {
  if (!(error instanceof Problem)) return undefined;
  const { status, message, code } = error;
  return { status, detail: message, logged: code.replace(/^agent_/, "") };
}

function outcomeOf(result: JsonObject, callerTaskId: unknown): AgentOutcome {
  const facts = factsOfTask(result.task);
  const answer = simpleAnswerOf(result, callerTaskId);
  const artifacts = answer.artifacts as unknown[];
  const named = facts && callerTaskId === undefined ? { taskId: facts.taskId } : {};
  if (!facts || isPayable(facts.state, artifacts.length > 0)) {
    return { ok: true, body: JSON.stringify(answer), ...named };
  }
  const { state, message } = answer.status as { state: string; message?: unknown };
  const detail = `Agent returned error: ${textOf(message) || `the task ended as ${state}`}`;
  return { ok: false, failure: { status: 502, detail, logged: `task_${state}` }, ...named };
}

const textIn = (update: unknown): string => (isObject(update) ? textOf(update.artifact) : "");

const textOf = (holder: unknown): string =>
  isObject(holder) && Array.isArray(holder.parts)
    ? holder.parts
        .filter(isObject)
        .map(({ text }) => (typeof text === "string" ? text : ""))
        .join("")
    : "";
