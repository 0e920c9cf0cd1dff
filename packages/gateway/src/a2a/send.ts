import { isObject, isSettled, type JsonObject, type TaskState } from "@agentgate/protocol/a2a";
import type { AgentOutcome } from "../routing/index.ts";
import { Payload, translateParams, translateResult } from "../routing/index.ts";
import type { Clock } from "../runtime/index.ts";
import { type AgentLink, V1 } from "./agent-link.ts";
import { awaitSettled } from "./await-settled.ts";
import type { A2ACall, ResultReply } from "./call.ts";
import type { Ownership } from "./ownership.ts";
import { asksForPush, type PushRelay, type RelayedParams } from "./push/push-relay.ts";
import { factsOfAnswer, factsOfTask, isPayable } from "./task-facts.ts";

export interface SendContext {
  call: A2ACall;
  link: AgentLink;
  ownership: Ownership;
  push: PushRelay;
  clock: Clock;
  timeoutMs: number;
  /** How long a task that goes on after the answer is watched, so that its price finds its end. */
  watchMs: number;
  /** Whether somebody pays for the outcome. */
  isPaid: boolean;
  /** Ends the watching when the gateway stops. */
  stopping: AbortSignal;
}

/** What a send came to. */
export interface Sent {
  reply: ResultReply;
  /** Settles when it is known whether the task is paid for; at once unless the agent goes on working. */
  outcome: AgentOutcome | Promise<AgentOutcome>;
  /** The reply need not wait for the outcome. */
  goesOn: boolean;
}

/** One `SendMessage`. @throws A2AError, OutboundError */
export async function sendMessage(context: SendContext): Promise<Sent> {
  const { call, link, ownership, push, timeoutMs } = context;
  const canonical = translateParams("SendMessage", call.params, V1);
  const params = canonical.glance;
  // What most messages do not need is not waited for either.
  const references = ownership.demandReferences(params);
  if (references) await references;
  const relayed = asksForPush(params) ? await push.relayInline(call, link, ownership, canonical) : undefined;
  const request = link.request("SendMessage", relayed?.params ?? call.params, timeoutMs);
  const { result, extensions } = await (relayed ? request.catch((error) => forgotten(relayed, error)) : request);
  const sent = completed(result, params, context);
  const answer = sent instanceof Promise ? await sent : sent;
  const { task, message } = answer.object;
  const facts = factsOfAnswer(answer.object);
  const recorded = facts ? ownership.record(facts) : ownership.claim((message as JsonObject).contextId);
  if (recorded instanceof Promise) await recorded;
  if (relayed) await relayed.bind(facts?.taskId);

  // Untouched, the agent's bytes go through as they are.
  const source = answer.source;
  const reply = { result: translateResult("SendMessage", source, link.callerDialect), extensions };
  const body = reply.result.text;
  if (!facts || isSettled(facts.state) || !context.isPaid) {
    const delivered = isObject(task) && Array.isArray(task.artifacts) && task.artifacts.length > 0;
    return { reply, outcome: judge(facts?.state, facts?.taskId, delivered, body), goesOn: false };
  }
  return { reply, outcome: watch(context, facts.taskId, body), goesOn: true };
}

/** The config of a send that failed belongs to no task. */
async function forgotten(relayed: RelayedParams, error: unknown): Promise<never> {
  await relayed.bind(undefined);
  throw error;
}

/** An answer in 1.0's shape, to be looked at, with what it came from. */
interface Completed {
  object: JsonObject;
  source: Payload;
}

/**
 * The answer in 1.0's shape with the payload it came from. A 0.3 agent may ignore `blocking`; then its task is asked for until its
 * turn is over (a2a.md, section 2.8.2).
 */
function completed(source: Payload, params: JsonObject, context: SendContext): Completed | Promise<Completed> {
  const object = translateResult("SendMessage", source, V1).glance;
  if (context.link.target.version !== "0.3") return { object, source };
  const facts = factsOfTask(object.task);
  const { configuration } = params;
  const returnsAtOnce = isObject(configuration) && configuration.returnImmediately === true;
  if (!facts || returnsAtOnce || isSettled(facts.state)) return { object, source };
  return settled(facts.taskId, { object, source }, context);
}

async function settled(taskId: string, answer: Completed, { link, timeoutMs, clock }: SendContext): Promise<Completed> {
  const awaited = await awaitSettled(link, taskId, timeoutMs, clock);
  const task = "task" in awaited ? awaited.task : undefined;
  return task ? { object: { task }, source: Payload.ofValue(V1, { task }) } : answer;
}

async function watch(context: SendContext, taskId: string, body: string): Promise<AgentOutcome> {
  const { link, ownership, clock, watchMs, stopping } = context;
  const awaited = await awaitSettled(link, taskId, watchMs, clock, stopping);
  if ("failed" in awaited) return { ok: false, failure: link.failure(awaited.failed), taskId };
  const facts = factsOfTask(awaited.task);
  if (facts) await ownership.record(facts).catch(() => {});
  // An agent still at work when the time is over has taken the task on: that is what is paid for.
  const delivered =
    isObject(awaited.task) && Array.isArray(awaited.task.artifacts) && awaited.task.artifacts.length > 0;
  return judge("stillWorking" in awaited ? undefined : facts?.state, taskId, delivered, body);
}

/** The call's outcome by the state that the task ended in; undefined for a message, or a task that goes on. */
export function judge(
  state: TaskState | undefined,
  taskId: string | undefined,
  delivered: boolean,
  body: string,
): AgentOutcome {
  const named = taskId === undefined ? {} : { taskId };
  if (state === undefined || isPayable(state, delivered)) return { ok: true, body, ...named };
  const word = state.replace("TASK_STATE_", "").toLowerCase();
  const failure = { status: 502, detail: `The agent ended the task as ${word}`, logged: `task_${word}` };
  return { ok: false, failure, ...named };
}
