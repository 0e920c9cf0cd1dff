import { A2AError, isObject, isSettled, type JsonObject } from "@agentgate/protocol/a2a";
import type { AgentOutcome } from "../routing/index.ts";
import { Payload, translateParams, translateResult } from "../routing/index.ts";
import type { Clock } from "../runtime/index.ts";
import { type AgentLink, V1 } from "./agent-link.ts";
import { awaitSettled, type Waiting } from "./await-settled.ts";
import { type A2ACall, hasLeft, type ResultReply } from "./call.ts";
import { isKnownId } from "./known-id.ts";
import type { Ownership } from "./ownership.ts";
import { hasPiece } from "./paid-tasks.ts";
import { asksForPush, type PushRelay, type RelayedParams } from "./push/push-relay.ts";
import { factsOfAnswer, factsOfTask } from "./task-facts.ts";
import { isGone, outcomeOf, type PaidCall, type TurnEnd } from "./turn-end.ts";

export interface SendContext {
  call: A2ACall;
  link: AgentLink;
  ownership: Ownership;
  push: PushRelay;
  clock: Clock;
  /** By the monotonic clock: when the caller has to be answered, or the stream to end. */
  answerBy: number;
  /** By the same: when the call has to be over, and its price to find its end. */
  endsAt: number;
  /** The agent's time for one answer, in milliseconds. */
  taskTimeoutMs: number;
  /** How long a task that goes on after the answer is watched for that; nothing is watched that nobody pays for. */
  watchMs: number;
  /** Of a call that somebody pays for. */
  paid: PaidCall | undefined;
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
  const { call, link, ownership, push, answerBy, clock, paid } = context;
  const canonical = translateParams("SendMessage", call.params, V1);
  const params = canonical.glance;
  // What most messages do not need is not waited for either.
  const references = ownership.demandReferences(params);
  const contextId = references && (await references);
  const given = contextId === undefined ? undefined : withContext(canonical, contextId);
  const relayed = asksForPush(params)
    ? await push.relayInline(call, link, ownership, given ?? canonical, paid?.hold)
    : undefined;
  const taken = paid ? takenOver(params, paid) : undefined;
  const undo = taken && (await taken);
  const request = link.request("SendMessage", relayed?.params ?? given ?? call.params, answerBy - clock.monotonic());
  const { result, extensions } = await (relayed || undo
    ? request.catch((error) => forgotten(relayed, undo, error))
    : request);
  const sent = completed(result, params, context);
  const answer = sent instanceof Promise ? await sent : sent;
  const facts = factsOfAnswer(answer.object);
  const recorded = facts
    ? ownership.record(facts, undefined, paid?.hold)
    : ownership.claim((answer.object.message as JsonObject).contextId);
  if (recorded instanceof Promise) await recorded;
  link.belongsTo(facts ? facts.contextId : (answer.object.message as JsonObject).contextId);
  if (relayed) await relayed.bind(facts?.taskId);

  // Untouched, the agent's bytes go through as they are.
  const source = answer.source;
  const reply = { result: translateResult("SendMessage", source, link.callerDialect), extensions };
  const delivery = { hasBegun: hasPiece(answer.object) && !hasLeft(call), body: reply.result.text };
  if (facts && !isSettled(facts.state) && paid) {
    const until = Math.min(context.endsAt, clock.monotonic() + context.watchMs);
    const outcome = watched({ ...context, endsAt: until }, facts.taskId).then((end) => outcomeOf(end, delivery, paid));
    return { reply, outcome, goesOn: true };
  }
  return { reply, outcome: outcomeOf(endOf(facts), delivery, paid), goesOn: false };
}

/** A send's parameters (1.0's shape) in another context. */
export const withContext = ({ dialect, object }: Payload, contextId: string): Payload =>
  Payload.ofValue(dialect, { ...object, message: { ...(object.message as JsonObject), contextId } });

function endOf(facts: ReturnType<typeof factsOfAnswer>): TurnEnd {
  if (!facts) return { kind: "message" };
  const { state, taskId } = facts;
  return isSettled(state) ? { kind: "told", state, taskId } : { kind: "working", taskId };
}

/**
 * What a paid message does with the task that it goes on with, before its agent hears of it: from then on that task is told as this
 * call's. Undefined when it names none.
 */
export function takenOver(
  { message }: JsonObject,
  { tasks, agentId, hold }: PaidCall,
): Promise<(error: unknown) => Promise<void>> | undefined {
  const taskId = isObject(message) ? message.taskId : undefined;
  if (!isKnownId(taskId)) return undefined;
  return tasks.takeOver(agentId, taskId, hold).then((before) => async (error) => {
    // An agent that refused the message, or never got it, has nothing to do with this call.
    if (A2AError.isInstance(error) || isGone(error)) await tasks.giveBack(agentId, taskId, hold, before);
  });
}

/** The config of a send that failed belongs to no task. */
async function forgotten(
  relayed: RelayedParams | undefined,
  undo: ((error: unknown) => Promise<void>) | undefined,
  error: unknown,
): Promise<never> {
  await relayed?.bind(undefined);
  await undo?.(error);
  throw error;
}

/** An answer in 1.0's shape, to be looked at, with what it came from. */
interface Completed {
  object: JsonObject;
  source: Payload;
}

/**
 * The answer in 1.0's shape with the payload it came from. A 0.3 agent may ignore `blocking`; then its task is asked for until its
 * turn, or the caller's time, is over (a2a.md, section 2.8.2).
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

async function settled(taskId: string, answer: Completed, { link, answerBy, clock }: SendContext): Promise<Completed> {
  const awaited = await awaitSettled(link, taskId, { endsAt: answerBy, clock });
  const task = "task" in awaited ? awaited.task : undefined;
  return task ? { object: { task }, source: Payload.ofValue(V1, { task }) } : answer;
}

/** Asks for a task that nobody waits for until the agent's turn is over, as long as the call has time. */
export async function watched(
  {
    link,
    ownership,
    clock,
    endsAt,
    stopping,
    unchangedMs,
  }: Pick<SendContext, "link" | "ownership" | "clock" | "endsAt" | "stopping"> & Pick<Waiting, "unchangedMs">,
  taskId: string,
): Promise<TurnEnd> {
  const awaited = await awaitSettled(link, taskId, { endsAt, clock, signal: stopping, unchangedMs });
  // A caller with its answer, or without, has left: it may come back for the task, or not.
  if ("failed" in awaited) {
    const { failed, isUnchanged } = awaited;
    if (isUnchanged) return { kind: "failed", failure: link.failure(failed), taskId };
    return { kind: "lost", failure: link.failure(failed), isGone: isGone(failed), taskId };
  }
  const facts = factsOfTask(awaited.task);
  if (facts) await ownership.record(facts).catch(() => {});
  if ("stillWorking" in awaited || !facts) return { kind: "working", taskId };
  return { kind: "told", state: facts.state, taskId };
}
