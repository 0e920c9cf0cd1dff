import { A2AError } from "@agentgate/protocol/a2a";
import { memberTexts, Problem } from "../http/index.ts";
import {
  type Admitted,
  type AgentCall,
  type AgentFailure,
  type AgentOutcome,
  type Exchange,
  type ExchangeTerms,
  type OutgoingTask,
  Payload,
  type PlainProtocol,
  type SiteProtocol,
  type TaskPipeline,
  type TaskRequest,
  type TaskRun,
  withSkill,
} from "../routing/index.ts";
import { AgentLink, callerDialectOf, type LinkOptions } from "./agent-link.ts";
import { type A2ACall, type A2AReply, onLeave, type ResultReply, type StreamReply } from "./call.ts";
import { Ownership } from "./ownership.ts";
import { PendingReply, type Sent } from "./pending-reply.ts";
import { asStream, isBridged, PlainBridge } from "./plain-bridge.ts";
import { Questions, type QuestionsOptions } from "./questions.ts";
import { type SendContext, sendMessage } from "./send.ts";
import { openStream, streamOutcome, streamReply } from "./send-stream.ts";

export interface A2AServiceOptions extends Omit<QuestionsOptions, "bridge"> {
  pipeline: TaskPipeline;
  plain: PlainProtocol;
  site: SiteProtocol;
  /** Settles when it is known whether this agent has a card; undefined when it is known already. */
  lookingFor(agentId: string): Promise<void> | undefined;
}

/** What A2A clients ask of agents, whatever binding and version they speak: each operation, by its rules. */
export class A2AService {
  readonly #options: A2AServiceOptions;
  readonly #bridge: PlainBridge;
  readonly #questions: Questions;
  readonly #stopping = new AbortController();
  readonly #sendTerms: ExchangeTerms;
  readonly #streamTerms: ExchangeTerms;

  constructor(options: A2AServiceOptions) {
    this.#options = options;
    this.#bridge = new PlainBridge(options);
    this.#sendTerms = { watchMs: options.streamTimeoutMs };
    this.#streamTerms = { answerMs: options.streamTimeoutMs };
    this.#questions = new Questions({ ...options, bridge: this.#bridge });
  }

  /** Ends the watching of tasks that went on after their answers. */
  close(): void {
    this.#stopping.abort();
  }

  /** @throws A2AError for the protocol's errors, Problem for the gateway's own */
  handle(call: A2ACall): Promise<A2AReply> {
    // Of an agent registered a moment ago it is not known yet what it speaks.
    const looking = this.#options.lookingFor(call.caller.agentId);
    return looking ? this.#handleAfter(looking, call) : this.#handle(call);
  }

  /** Whoever does not see the agent does not wait for it either. */
  async #handleAfter(looking: Promise<void>, call: A2ACall): Promise<A2AReply> {
    await this.#options.admission.demandSeen(call.caller);
    await looking;
    return this.#handle(call);
  }

  #handle(call: A2ACall): Promise<A2AReply> {
    switch (call.operation) {
      case "SendMessage":
        return this.#send(call);
      case "SendStreamingMessage":
        return this.#sendStreaming(call);
      default:
        return this.#questions.ask(call);
    }
  }

  async #send(call: A2ACall): Promise<ResultReply> {
    let reply: PendingReply | undefined;
    const run = await this.#run(call, this.#sendTerms, (admitted, task) => {
      reply = new PendingReply();
      if (isBridged(admitted.agent)) {
        const { resolve } = reply;
        return this.#bridged(call, () => this.#bridge.send(told(call, admitted), admitted, task, resolve), reply);
      }
      return { outcome: this.#sendExchange(call, admitted, task, reply), abort() {} };
    });
    return reply ? reply.of(run) : this.#replayed(call, run);
  }

  async #sendExchange(
    call: A2ACall,
    admitted: Admitted,
    task: OutgoingTask,
    reply: PendingReply,
  ): Promise<AgentOutcome> {
    let link: AgentLink | undefined;
    try {
      const opened = AgentLink.open(admitted.agent, call, task.headers, this.#linkOptions(task));
      link = opened instanceof Promise ? await opened : opened;
      const sent = await sendMessage(this.#sendContext(told(call, admitted), admitted, task, link));
      reply.resolve(sent);
      return sent.outcome;
    } catch (error) {
      reply.reject(link ? link.callerError(error) : error);
      return link ? { ok: false, failure: link.failure(error) } : failureWithoutLink(error);
    }
  }

  /** An Idempotency-Key was seen before: the answer that was given then. */
  async #replayed(call: A2ACall, run: TaskRun): Promise<ResultReply> {
    const { body } = await run.answer;
    // It had a price then, whatever it has now.
    const stored = memberTexts(body);
    const result = (stored?.has("ucp") && stored.get("result")) || body;
    const { "content-type": _, ...headers } = run.headers;
    return { result: Payload.ofText(callerDialectOf(call), result), headers };
  }

  async #sendStreaming(call: A2ACall): Promise<StreamReply> {
    const reply = Promise.withResolvers<StreamReply>();
    reply.promise.catch(() => {});
    let exchanged = false;
    const run = await this.#run(call, this.#streamTerms, (admitted, task) => {
      exchanged = true;
      if (isBridged(admitted.agent)) {
        const answered = { whole: (sent: Sent) => reply.resolve(asStream(sent.reply)), inPieces: reply.resolve };
        return this.#bridged(call, () => this.#bridge.stream(told(call, admitted), admitted, task, answered), reply);
      }
      return this.#exchange(() => this.#streamExchange(call, admitted, task, reply), reply.reject);
    });
    run.answer.catch(ignore);
    if (!exchanged) return asStream(await this.#replayed(call, run));
    const answer = await reply.promise.catch(async (error) => {
      await run.answer.catch(() => {});
      throw error;
    });
    return { ...answer, headers: run.headers, keyUse: run.keyUse };
  }

  #bridged(call: A2ACall, start: () => AgentCall, reply: { reject(error: unknown): void }): AgentCall {
    return this.#exchange(async () => {
      const sent = start();
      // Nobody could ask for the answer afterwards: such an agent keeps no tasks.
      onLeave(call, () => sent.abort());
      const outcome = await sent.outcome;
      if (!outcome.ok) reply.reject(refusalOf(outcome.failure));
      return outcome;
    }, reply.reject);
  }

  async #streamExchange(
    call: A2ACall,
    admitted: Admitted,
    task: OutgoingTask,
    reply: PromiseWithResolvers<StreamReply>,
  ): Promise<AgentOutcome> {
    const link = await AgentLink.open(admitted.agent, call, task.headers, this.#linkOptions(task));
    const context = this.#sendContext(told(call, admitted), admitted, task, link);
    onLeave(call, () => link.abort());
    try {
      const { stream, upstream, dropPush } = await openStream(context);
      reply.resolve(streamReply(stream, upstream));
      const { stopping, paid } = context;
      const keepsAnswer = call.caller.idempotencyKey !== undefined;
      return streamOutcome(stream, { link, stopping, keepsAnswer, paid, dropPush });
    } catch (error) {
      reply.reject(link.callerError(error));
      return { ok: false, failure: link.failure(error) };
    }
  }

  #run(call: A2ACall, terms: ExchangeTerms, exchange: Exchange): Promise<TaskRun> {
    const { message, metadata } = call.params.glance as { message?: SentMessage; metadata?: unknown };
    const request = {
      ...call.caller,
      task: { id: message?.taskId || message?.messageId, message, metadata },
      body: call.params.text,
      // What is kept under an Idempotency-Key is an answer to this operation in this grammar, and to no other.
      entrance: entranceOf(call),
      operation: call.operation,
      onTrace: call.onTrace,
      answersAs: call.caller.idempotencyKey && `${call.operation} ${callerDialectOf(call).name}`,
    };
    return this.#options.pipeline.run(request, exchange, terms);
  }

  /** A call of the pipeline's that goes on whether its caller waits or not; what was not foreseen fails it. */
  #exchange(work: () => Promise<AgentOutcome>, reject: (error: unknown) => void): AgentCall {
    const outcome = work().catch((error) => {
      reject(error);
      return failureWithoutLink(error);
    });
    return { outcome, abort() {} };
  }

  #sendContext(
    call: A2ACall,
    { agent, callerScope }: Admitted,
    { timeoutMs, endsAt, holdId }: OutgoingTask,
    link: AgentLink,
  ): SendContext {
    const { index, clock, push, paidTasks, streamTimeoutMs } = this.#options;
    const taskTimeoutMs = agent.timeoutMs ?? this.#options.timeoutMs;
    return {
      call,
      link,
      ownership: new Ownership(agent.id, callerScope, index, clock),
      push,
      clock,
      answerBy: clock.monotonic() + timeoutMs,
      endsAt,
      taskTimeoutMs,
      watchMs: Math.min(timeoutMs, streamTimeoutMs),
      paid: holdId === null ? undefined : { tasks: paidTasks, agentId: agent.id, hold: holdId },
      stopping: this.#stopping.signal,
    };
  }

  #linkOptions({ meter, callerScope }: OutgoingTask): LinkOptions {
    const { client, interpreters, cards, responseBytesMax } = this.#options;
    return { client, interpreters, cards, responseBytesMax, meter, callerScope };
  }
}

/** What is looked at of a message. */
interface SentMessage {
  taskId?: unknown;
  messageId?: unknown;
}

/**
 * The call as its agent is told it: whoever reads there which skill it is for reads what was paid for, also one who reads the first of
 * two members of a name.
 */
function told(call: A2ACall, { agent, skillId }: Admitted): A2ACall {
  if (skillId === undefined && agent.prices.size === 0) return call;
  const { dialect, object } = call.params;
  return { ...call, params: Payload.ofValue(dialect, { ...object, message: withSkill(object.message, skillId) }) };
}

const entranceOf = ({ speech }: A2ACall): TaskRequest["entrance"] =>
  speech.binding === "JSONRPC" ? "a2a_jsonrpc" : "a2a_rest";

/** A function written on the spot would hold on to all that is in sight there, as long as the promise is open. */
const ignore = () => {};

/** Of a call that never came to ask its agent. */
function failureWithoutLink(error: unknown): AgentOutcome {
  if (A2AError.isInstance(error)) {
    const { status, message, code } = error;
    return { ok: false, failure: { status, detail: message, logged: `a2a_${code}` } };
  }
  return { ok: false, failure: { status: 500, detail: "Internal server error", logged: "internal_error" } };
}

function refusalOf({ status, detail, members }: AgentFailure): Problem {
  return new Problem(status, detail, members && { members });
}
