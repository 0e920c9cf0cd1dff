import { A2AError } from "@agentgate/protocol/a2a";
import type { AgentOutcome, UpstreamStream } from "../routing/index.ts";
import { Payload, translateParams, translateResult } from "../routing/index.ts";
import { type AgentLink, V1 } from "./agent-link.ts";
import type { StreamReply } from "./call.ts";
import type { SendContext } from "./send.ts";
import { TaskStream } from "./stream.ts";

export interface OpenedStream {
  stream: TaskStream;
  upstream: UpstreamStream;
  /** Forgets the push config that came with the call, where one did. */
  dropPush: (() => Promise<void>) | undefined;
}

/** One `SendStreamingMessage`, to its stream's head. @throws A2AError, OutboundError */
export async function openStream(context: SendContext): Promise<OpenedStream> {
  const { call, link, ownership, push, timeoutMs } = context;
  demandStreaming(link);
  const canonical = translateParams(call.operation, call.params, V1);
  await ownership.demandReferences(canonical.object);
  const relayed = await push.relayInline(call, link, ownership, canonical);
  const request = link.stream(call.operation, relayed?.params ?? call.params, timeoutMs);
  const upstream = await request.catch(async (error) => {
    await relayed?.bind(undefined);
    throw error;
  });
  const { clock } = context;
  const bind = relayed && ((taskId: string) => relayed.bind(taskId));
  const stream = new TaskStream({ link, ownership, clock, timeoutMs }, bind);
  return { stream, upstream, dropPush: relayed && (() => relayed.bind(undefined)) };
}

export interface Watching {
  link: AgentLink;
  /** How long a task is watched whose reader has left. */
  watchMs: number;
  stopping: AbortSignal;
  /** Whether the whole answer is kept for a repetition. */
  keepsAnswer: boolean;
  dropPush: (() => Promise<void>) | undefined;
}

/** Waits as long as the stream is open, and so keeps nothing of the call that opened it. */
export async function streamOutcome(stream: TaskStream, { link, ...how }: Watching): Promise<AgentOutcome> {
  try {
    const ended = await stream.ended;
    if (ended && ended.taskId === undefined) await how.dropPush?.();
    const outcome = ended ?? (await stream.outcomeWithoutReader(link.again(), how.watchMs, how.stopping));
    if (!outcome.ok || !how.keepsAnswer) return outcome;
    const answer = Payload.ofValue(V1, await stream.answer(link.again()));
    return { ...outcome, body: translateResult("SendMessage", answer, link.callerDialect).text };
  } catch (error) {
    return { ok: false, failure: link.failure(error) };
  }
}

/** @throws A2AError UnsupportedOperation */
export function demandStreaming({ card }: AgentLink): void {
  if (!card.capabilities.streaming) throw new A2AError("UnsupportedOperation", "This agent does not stream");
}

export const streamReply = (stream: TaskStream, upstream: UpstreamStream): StreamReply => ({
  read: (take) => stream.read(upstream, take),
  extensions: upstream.extensions,
  cancel: () => stream.cancel(),
});
