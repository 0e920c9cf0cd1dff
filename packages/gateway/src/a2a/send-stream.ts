import { A2AError, isSettled, type JsonObject } from "@agentgate/protocol/a2a";
import { OutboundError } from "../outbound/index.ts";
import type { AgentOutcome, UpstreamStream } from "../routing/index.ts";
import { Payload, translateParams, translateResult } from "../routing/index.ts";
import { type AgentLink, V1 } from "./agent-link.ts";
import type { StreamReply } from "./call.ts";
import { type SendContext, takenOver, watched, withContext } from "./send.ts";
import { TaskStream } from "./stream.ts";
import { outcomeOf, type PaidCall, type TurnEnd } from "./turn-end.ts";

export interface OpenedStream {
  stream: TaskStream;
  upstream: UpstreamStream;
  /** Forgets the push config that came with the call, where one did. */
  dropPush: (() => Promise<void>) | undefined;
}

/** One `SendStreamingMessage`, to its stream's head. @throws A2AError, OutboundError */
export async function openStream(context: SendContext): Promise<OpenedStream> {
  const { call, link, ownership, push, clock, endsAt, taskTimeoutMs: unchangedMs, paid } = context;
  demandStreaming(link);
  const canonical = translateParams(call.operation, call.params, V1);
  const contextId = await ownership.demandReferences(canonical.object);
  const given = contextId === undefined ? undefined : withContext(canonical, contextId);
  const relayed = await push.relayInline(call, link, ownership, given ?? canonical, paid?.hold);
  const undo = paid && (await takenOver(canonical.object, paid));
  const request = link.stream(call.operation, relayed?.params ?? given ?? call.params, endsAt - clock.monotonic());
  const upstream = await request.catch(async (error) => {
    await relayed?.bind(undefined);
    await undo?.(error);
    throw error;
  });
  const bind = relayed && ((taskId: string) => relayed.bind(taskId));
  const stream = new TaskStream({ link, ownership, clock, endsAt, unchangedMs, hold: paid?.hold, onTask: bind });
  return { stream, upstream, dropPush: relayed && (() => relayed.bind(undefined)) };
}

export interface Watching {
  link: AgentLink;
  stopping: AbortSignal;
  /** Whether the whole answer is kept for a repetition. */
  keepsAnswer: boolean;
  paid: PaidCall | undefined;
  dropPush: (() => Promise<void>) | undefined;
}

/** Waits as long as the stream is open, and so keeps nothing of the call that opened it. */
export async function streamOutcome(stream: TaskStream, { link, ...how }: Watching): Promise<AgentOutcome> {
  try {
    const ended = await stream.ended;
    const end = ended ?? (await endWithoutReader(stream, link.again(), how));
    // Who left before there was a task waits for no notification of it, unless that costs nothing.
    const isUnbound = end.kind === "message" || end.taskId === undefined;
    if (isUnbound && (ended || how.paid)) await how.dropPush?.();
    const outcome = await outcomeOf(end, { hasBegun: stream.hasDelivered, body: EMPTY }, how.paid);
    if (!outcome.ok || !how.keepsAnswer) return outcome;
    const whole = await wholeAnswer(stream, link.again());
    if (!whole) return { ...outcome, isPartial: true };
    const { isPartial: _, ...kept } = outcome;
    return { ...kept, body: translateResult("SendMessage", Payload.ofValue(V1, whole), link.callerDialect).text };
  } catch (error) {
    return { ok: false, failure: link.failure(error) };
  }
}

/**
 * The end of a turn whose reader has left: the task is asked for, over a way of its own, until the agent's turn or the call's time is over.
 * Nothing is asked for that nobody pays for.
 */
async function endWithoutReader(
  { facts, context, isBroken }: TaskStream,
  link: AgentLink,
  { paid, stopping }: Pick<Watching, "paid" | "stopping">,
): Promise<TurnEnd> {
  if (!facts) {
    const left = new OutboundError("aborted", "the caller left before the task had begun");
    return { kind: "lost", failure: link.failure(left), isGone: false, taskId: undefined };
  }
  const { ownership, clock, endsAt, unchangedMs } = context;
  if (!paid) return { kind: "working", taskId: facts.taskId };
  // An agent that had broken off before its caller left counts as lost as it does for one who stays.
  const watch = { link, ownership, clock, endsAt, stopping, unchangedMs: isBroken ? unchangedMs : undefined };
  return watched(watch, facts.taskId);
}

/** The whole answer in 1.0's shape: the message, or the task as it is now. Undefined when the agent does not tell it, and it is not over. */
async function wholeAnswer(stream: TaskStream, link: AgentLink): Promise<JsonObject | undefined> {
  const { message, facts } = stream;
  if (message || !facts) return { message };
  const { taskId: id, contextId, state } = facts;
  const task = await stream.getTask(link, id).catch(() => undefined);
  if (task) return { task };
  return isSettled(state) ? { task: { id, contextId, status: { state } } } : undefined;
}

/** What nobody asks for again. */
const EMPTY = "null";

/** @throws A2AError UnsupportedOperation */
export function demandStreaming({ card }: AgentLink): void {
  if (!card.capabilities.streaming) throw new A2AError("UnsupportedOperation", "This agent does not stream");
}

export const streamReply = (stream: TaskStream, upstream: UpstreamStream): StreamReply => ({
  read: (take) => stream.read(upstream, take),
  awaitReader: (lagging, sink) => stream.awaitReader(lagging, sink),
  extensions: upstream.extensions,
  cancel: () => stream.cancel(),
});
