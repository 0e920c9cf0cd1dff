import { A2AError, isTerminal } from "@agentgate/protocol/a2a";
import type { AgentCards } from "../agents/index.ts";
import { memberTexts, Problem } from "../http/index.ts";
import {
  type A2AClient,
  type Admission,
  type Admitted,
  type AgentCall,
  type AgentOutcome,
  type Exchange,
  type OutgoingTask,
  Payload,
  type PlainProtocol,
  type TaskPipeline,
  type TaskRun,
  traceHeaders,
  translateParams,
  translateResult,
  type UpstreamStream,
} from "../routing/index.ts";
import type { Clock, Random } from "../runtime/index.ts";
import { AgentLink, callerDialectOf, type LinkOptions, V1 } from "./agent-link.ts";
import type { A2ACall, A2AReply, ResultReply, StreamReply } from "./call.ts";
import type { ExtendedCards } from "./extended-cards.ts";
import { listTasks } from "./list-tasks.ts";
import { Ownership } from "./ownership.ts";
import { asStream, PlainBridge } from "./plain-bridge.ts";
import type { PushRelay } from "./push/push-relay.ts";
import { type SendContext, type Sent as SentMessage, sendMessage } from "./send.ts";
import { TaskStream } from "./stream.ts";
import { factsOfTask } from "./task-facts.ts";
import type { TaskIndex } from "./task-index.ts";
import type { TaskStore } from "./task-store.ts";

export interface A2AServiceOptions {
  pipeline: TaskPipeline;
  admission: Admission;
  cards: AgentCards;
  client: A2AClient;
  plain: PlainProtocol;
  index: TaskIndex;
  store: TaskStore;
  push: PushRelay;
  extendedCards: ExtendedCards;
  /** Settles when it is known whether this agent has a card; undefined when it is known already. */
  lookingFor(agentId: string): Promise<void> | undefined;
  clock: Clock;
  random: Random;
  /** For agents without a timeout of their own. */
  timeoutMs: number;
  /** How long a stream, and a task that goes on after its answer, may take. */
  streamTimeoutMs: number;
  responseBytesMax: number;
}

/** What a send has come to, as far as its caller waits. */
type Sent = Pick<SentMessage, "reply" | "goesOn">;

/** What A2A clients ask of agents, whatever binding and version they speak: each operation, by its rules. */
export class A2AService {
  readonly #options: A2AServiceOptions;
  readonly #bridge: PlainBridge;
  readonly #stopping = new AbortController();

  constructor(options: A2AServiceOptions) {
    this.#options = options;
    this.#bridge = new PlainBridge(options);
  }

  /** Ends the watching of tasks that went on after their answers. */
  close(): void {
    this.#stopping.abort();
  }

  /** @throws A2AError for the protocol's errors, Problem for the gateway's own */
  handle(call: A2ACall): Promise<A2AReply> {
    // Of an agent registered a moment ago it is not known yet what it speaks.
    const looking = this.#options.lookingFor(call.caller.agentId);
    return looking ? looking.then(() => this.#handle(call)) : this.#handle(call);
  }

  #handle(call: A2ACall): Promise<A2AReply> {
    switch (call.operation) {
      case "SendMessage":
        return this.#send(call);
      case "SendStreamingMessage":
        return this.#sendStreaming(call);
      default:
        return this.#ask(call);
    }
  }

  async #send(call: A2ACall): Promise<ResultReply> {
    const reply = Promise.withResolvers<Sent>();
    reply.promise.catch(() => {});
    let exchanged = false;
    const run = await this.#run(call, undefined, (admitted, task) => {
      exchanged = true;
      if (admitted.agent.protocol === "plain") return this.#bridged(call, admitted, task, reply);
      return this.#exchange(async () => {
        const opened = AgentLink.open(admitted.agent, call, task.headers, this.#linkOptions());
        const link = opened instanceof Promise ? await opened : opened;
        try {
          const sent = await sendMessage(this.#sendContext(call, admitted, task, link));
          reply.resolve(sent);
          return sent.outcome;
        } catch (error) {
          reply.reject(link.callerError(error));
          return { ok: false, failure: link.failure(error) };
        }
      }, reply.reject);
    });
    run.answer.catch(() => {});
    if (!exchanged) return this.#replayed(call, run);
    try {
      const { reply: answer, goesOn } = await reply.promise;
      if (!goesOn) await paid(run);
      return { ...answer, headers: run.headers };
    } catch (error) {
      await run.answer.catch(() => {});
      throw error;
    }
  }

  /** An Idempotency-Key was seen before: the answer that was given then. */
  async #replayed(call: A2ACall, run: TaskRun): Promise<ResultReply> {
    const { body } = await run.answer;
    const stored = run.agent.pricePerTask > 0n ? memberTexts(body) : undefined;
    const result = (stored?.has("ucp") && stored.get("result")) || body;
    const { "content-type": _, ...headers } = run.headers;
    return { result: Payload.ofText(callerDialectOf(call), result), headers };
  }

  async #sendStreaming(call: A2ACall): Promise<StreamReply> {
    const reply = Promise.withResolvers<StreamReply>();
    reply.promise.catch(() => {});
    let exchanged = false;
    const run = await this.#run(call, this.#options.streamTimeoutMs, (admitted, task) => {
      exchanged = true;
      if (admitted.agent.protocol === "plain") {
        const whole = Promise.withResolvers<Sent>();
        whole.promise.then((sent) => reply.resolve(asStream(sent.reply)), reply.reject);
        return this.#bridged(call, admitted, task, whole);
      }
      return this.#exchange(() => this.#streamExchange(call, admitted, task, reply), reply.reject);
    });
    run.answer.catch(ignore);
    if (!exchanged) return asStream(await this.#replayed(call, run));
    const answer = await reply.promise.catch(async (error) => {
      await run.answer.catch(() => {});
      throw error;
    });
    return { ...answer, headers: run.headers };
  }

  #bridged(
    call: A2ACall,
    admitted: Admitted,
    task: OutgoingTask,
    reply: { resolve(sent: Sent): void; reject(error: unknown): void },
  ): AgentCall {
    return this.#exchange(async () => {
      const outcome = await this.#bridge.send(call, admitted, task, reply.resolve).outcome;
      if (!outcome.ok) reply.reject(new Problem(outcome.failure.status, outcome.failure.detail));
      return outcome;
    }, reply.reject);
  }

  async #streamExchange(
    call: A2ACall,
    admitted: Admitted,
    task: OutgoingTask,
    reply: PromiseWithResolvers<StreamReply>,
  ): Promise<AgentOutcome> {
    const link = await AgentLink.open(admitted.agent, call, task.headers, this.#linkOptions());
    const context = this.#sendContext(call, admitted, task, link);
    call.onLeave?.(() => link.abort());
    try {
      const { stream, upstream, dropPush } = await openStream(context);
      reply.resolve(streamReply(stream, upstream));
      return streamOutcome(stream, {
        link,
        watchMs: context.isPaid ? context.watchMs : 0,
        stopping: context.stopping,
        keepsAnswer: call.caller.idempotencyKey !== undefined,
        dropPush,
      });
    } catch (error) {
      reply.reject(link.callerError(error));
      return { ok: false, failure: link.failure(error) };
    }
  }

  /** Every operation but sending costs nothing and runs beside the pipeline. */
  async #ask(call: A2ACall): Promise<A2AReply> {
    const { admission, index, store, push, extendedCards, clock, timeoutMs } = this.#options;
    const admitted = await admission.enter(call.caller);
    const { agent } = admitted;
    const ownership = new Ownership(agent.id, admitted.callerScope, index, clock);
    const canonical = translateParams(call.operation, call.params, V1);
    if (agent.protocol === "plain") return reply(this.#bridge.ask(call, canonical), call);
    const headers = {
      "x-request-id": call.caller.requestId,
      ...traceHeaders(call.caller, this.#options.random.uuid()),
    };
    const link = await AgentLink.open(agent, call, headers, this.#linkOptions());
    const limitMs = agent.timeoutMs ?? timeoutMs;
    try {
      switch (call.operation) {
        case "GetTask":
        case "CancelTask":
          return await this.#askTask(call, link, ownership, canonical, limitMs);
        case "ListTasks":
          return reply(await listTasks(canonical.object, { link, ownership, store, timeoutMs: limitMs }), call);
        case "SubscribeToTask":
          return await this.#subscribe(call, link, ownership, canonical);
        case "GetExtendedAgentCard":
          return reply(await extendedCards.get(link, admitted.caller, call.speech.version, limitMs), call);
        default:
          return await push.handle(call, link, ownership, canonical);
      }
    } catch (error) {
      throw link.callerError(error);
    }
  }

  async #askTask(
    call: A2ACall,
    link: AgentLink,
    ownership: Ownership,
    canonical: Payload,
    timeoutMs: number,
  ): Promise<ResultReply> {
    const known = await ownership.demandTask(canonical.object.id);
    const { result, extensions } = await link.request(call.operation, call.params, timeoutMs);
    const facts = factsOfTask(translateResult(call.operation, result, V1).value);
    if (!facts) throw new A2AError("InvalidAgentResponse", "The agent answered no task");
    await ownership.record(facts, known);
    return { result: translateResult(call.operation, result, link.callerDialect), extensions };
  }

  async #subscribe(call: A2ACall, link: AgentLink, ownership: Ownership, canonical: Payload): Promise<StreamReply> {
    const { clock, streamTimeoutMs } = this.#options;
    demandStreaming(link);
    call.onLeave?.(() => link.abort());
    const { taskId } = await ownership.demandTask(canonical.object.id);
    // 0.3 neither refuses a task that is over nor begins with it.
    const leading = link.target.version === "0.3" ? await link.getTask(taskId, streamTimeoutMs) : undefined;
    if (isTerminal(factsOfTask(leading)?.state)) {
      throw new A2AError("UnsupportedOperation", "The task is over; there is nothing to subscribe to");
    }
    const upstream = await link.stream("SubscribeToTask", call.params, streamTimeoutMs);
    const stream = new TaskStream({ link, ownership, clock, timeoutMs: streamTimeoutMs });
    if (!leading) return streamReply(stream, upstream);
    const told = Payload.ofValue(V1, { task: leading });
    const read: UpstreamStream["read"] = async (take) => void ((await take(told)) && (await upstream.read(take)));
    return streamReply(stream, { ...upstream, read });
  }

  #run(call: A2ACall, timeoutMs: number | undefined, exchange: Exchange): Promise<TaskRun> {
    const { message } = call.params.glance as { message?: { taskId?: unknown; messageId?: unknown } };
    const request = {
      ...call.caller,
      task: { id: message?.taskId || message?.messageId },
      body: call.params.text,
    };
    return this.#options.pipeline.run(request, exchange, timeoutMs);
  }

  /** A call of the pipeline's that goes on whether its caller waits or not; what was not foreseen fails it. */
  #exchange(work: () => Promise<AgentOutcome>, reject: (error: unknown) => void): AgentCall {
    const outcome = work().catch((error): AgentOutcome => {
      reject(error);
      if (A2AError.isInstance(error)) {
        const { status, message, code } = error;
        return { ok: false, failure: { status, detail: message, logged: `a2a_${code}` } };
      }
      return { ok: false, failure: { status: 500, detail: "Internal server error", logged: "internal_error" } };
    });
    return { outcome, abort() {} };
  }

  #sendContext(
    call: A2ACall,
    { agent, callerScope, payerOrgId }: Admitted,
    { timeoutMs }: OutgoingTask,
    link: AgentLink,
  ): SendContext {
    const { index, clock, push, streamTimeoutMs } = this.#options;
    return {
      call,
      link,
      ownership: new Ownership(agent.id, callerScope, index, clock),
      push,
      clock,
      timeoutMs,
      // A hold ends by itself some time after the exchange's own time.
      watchMs: Math.min(timeoutMs, streamTimeoutMs),
      isPaid: payerOrgId !== null,
      stopping: this.#stopping.signal,
    };
  }

  #linkOptions(): LinkOptions {
    const { client, cards, responseBytesMax } = this.#options;
    return { client, cards, responseBytesMax };
  }
}

function demandStreaming({ card }: AgentLink): void {
  if (!card.capabilities.streaming) throw new A2AError("UnsupportedOperation", "This agent does not stream");
}

interface OpenedStream {
  stream: TaskStream;
  upstream: UpstreamStream;
  /** Forgets the push config that came with the call, where one did. */
  dropPush: (() => Promise<void>) | undefined;
}

async function openStream(context: SendContext): Promise<OpenedStream> {
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

interface Watching {
  link: AgentLink;
  /** How long a task is watched whose reader has left. */
  watchMs: number;
  stopping: AbortSignal;
  /** Whether the whole answer is kept for a repetition. */
  keepsAnswer: boolean;
  dropPush: (() => Promise<void>) | undefined;
}

/** Waits as long as the stream is open, and so keeps nothing of the call that opened it. */
async function streamOutcome(stream: TaskStream, { link, ...how }: Watching): Promise<AgentOutcome> {
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

const streamReply = (stream: TaskStream, upstream: UpstreamStream): StreamReply => ({
  read: (take) => stream.read(upstream, take),
  extensions: upstream.extensions,
  cancel: () => stream.cancel(),
});

/** A function written on the spot would hold on to all that is in sight there, as long as the promise is open. */
const ignore = () => {};

const reply = (result: unknown, call: A2ACall): ResultReply => ({
  result: translateResult(call.operation, Payload.ofValue(V1, result), callerDialectOf(call)),
});

/** An answer that is paid for is shown when the payment is certain. What the task's own end says is no failure of the call. */
async function paid(run: TaskRun): Promise<void> {
  try {
    await run.answer;
  } catch (error) {
    if (!(error instanceof Problem) || !error.code.startsWith("agent_task_")) throw error;
  }
}
