import { A2AError, isTerminal, type JsonObject } from "@agentgate/protocol/a2a";
import { Problem } from "../http/index.ts";
import { type Admission, type Admitted, Payload, translateParams, translateResult } from "../routing/index.ts";
import type { Clock, Random } from "../runtime/index.ts";
import type { RecordedSpan, TraceHeaders, Tracing } from "../telemetry/index.ts";
import { AgentLink, callerDialectOf, type LinkOptions, V1 } from "./agent-link.ts";
import { type A2ACall, type A2AReply, onLeave, type ResultReply, type StreamReply } from "./call.ts";
import type { ExtendedCards } from "./extended-cards.ts";
import type { IndexedTask } from "./indexed-task.ts";
import { listTasks } from "./list-tasks.ts";
import { Ownership } from "./ownership.ts";
import { type PaidTasks, stateAlone, taskHasPiece } from "./paid-tasks.ts";
import { isBridged, type PlainBridge } from "./plain-bridge.ts";
import type { PushRelay } from "./push/push-relay.ts";
import { demandStreaming, streamReply } from "./send-stream.ts";
import { TaskStream } from "./stream.ts";
import { factsOfTask } from "./task-facts.ts";
import type { TaskIndex } from "./task-index.ts";
import type { TaskStore } from "./task-store.ts";

export interface QuestionsOptions extends LinkOptions {
  admission: Admission;
  index: TaskIndex;
  store: TaskStore;
  push: PushRelay;
  paidTasks: PaidTasks;
  extendedCards: ExtendedCards;
  bridge: PlainBridge;
  clock: Clock;
  random: Random;
  tracing: Tracing;
  /** For agents without a timeout of their own. */
  timeoutMs: number;
  /** How long a stream, and a task that goes on after its answer, may take. */
  streamTimeoutMs: number;
}

/** Every operation but sending: about tasks that are there, their notifications, the agent itself. It costs nothing and runs beside the pipeline. */
export class Questions {
  readonly #options: QuestionsOptions;

  constructor(options: QuestionsOptions) {
    this.#options = options;
  }

  /** @throws A2AError for the protocol's errors, Problem for the gateway's own */
  ask(call: A2ACall): Promise<A2AReply> {
    const { tracing, random } = this.#options;
    const { id, headers, span } = tracing.begin(call.caller, random.uuid(), call.operation);
    call.onTrace?.(id);
    const reply = this.#ask(call, headers);
    return span ? recorded(span, call, reply) : reply;
  }

  async #ask(call: A2ACall, trace: TraceHeaders): Promise<A2AReply> {
    const { admission, index, push, extendedCards, clock, timeoutMs } = this.#options;
    const admitted = await admission.enter(call.caller);
    const { agent } = admitted;
    const ownership = new Ownership(agent.id, admitted.callerScope, index, clock);
    const canonical = translateParams(call.operation, call.params, V1);
    if (isBridged(agent)) return reply(this.#options.bridge.ask(call, canonical, admitted), call);
    const headers = {
      "x-request-id": call.caller.requestId,
      ...trace,
    };
    const { callerScope } = admitted;
    const link = await AgentLink.open(agent, call, headers, { ...this.#options, callerScope });
    const limitMs = agent.timeoutMs ?? timeoutMs;
    try {
      switch (call.operation) {
        case "GetTask":
        case "CancelTask":
          return await this.#askTask(call, link, ownership, canonical, limitMs);
        case "ListTasks":
          return inDialect(await this.#list(call, link, ownership, canonical, limitMs, admitted), call);
        case "SubscribeToTask":
          return { ...(await this.#subscribe(call, link, ownership, canonical, limitMs)), keyUse: admitted.keyUse };
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
    const task = translateResult(call.operation, result, V1).object;
    const facts = factsOfTask(task);
    if (!facts) throw new A2AError("InvalidAgentResponse", "The agent answered no task");
    await ownership.record(facts, known);
    const told = (await this.#mayTell(link, known, task)) ? result : Payload.ofValue(V1, stateAlone(task));
    return { result: translateResult(call.operation, told, link.callerDialect), extensions };
  }

  #list(
    call: A2ACall,
    link: AgentLink,
    ownership: Ownership,
    { object }: Payload,
    timeoutMs: number,
    admitted: Admitted,
  ): Promise<Payload> {
    const { store, clock, admission } = this.#options;
    onLeave(call, () => link.abort());
    const tell = async (task: JsonObject, known: IndexedTask) =>
      (await this.#mayTell(link, known, task)) ? task : stateAlone(task);
    return listTasks(object, {
      link,
      ownership,
      store,
      clock,
      timeoutMs,
      mayAsk: furtherRequests(admission, call, admitted),
      isFree: (known) => !mayBePaid(link, known),
      tell,
    });
  }

  /** Whether the task may be told as it is: what a call brought that was released is not. */
  async #mayTell(link: AgentLink, known: IndexedTask, task: JsonObject): Promise<boolean> {
    if (!mayBePaid(link, known) || !taskHasPiece(task)) return true;
    return this.#options.paidTasks.mayTell(link.agent.id, known.taskId);
  }

  async #subscribe(
    call: A2ACall,
    link: AgentLink,
    ownership: Ownership,
    canonical: Payload,
    unchangedMs: number,
  ): Promise<StreamReply> {
    const { clock, streamTimeoutMs, paidTasks } = this.#options;
    demandStreaming(link);
    onLeave(call, () => link.abort());
    const { taskId } = await ownership.demandTask(canonical.object.id);
    const endsAt = clock.monotonic() + streamTimeoutMs;
    // 0.3 neither refuses a task that is over nor begins with it.
    const leading = link.target.version === "0.3" ? await link.getTask(taskId, streamTimeoutMs) : undefined;
    if (isTerminal(factsOfTask(leading)?.state)) {
      throw new A2AError("UnsupportedOperation", "The task is over; there is nothing to subscribe to");
    }
    const upstream = await link.stream("SubscribeToTask", call.params, streamTimeoutMs);
    const { id: agentId } = link.agent;
    const mayTell = (id: string) => paidTasks.mayTell(agentId, id);
    const stream = new TaskStream({ link, ownership, clock, endsAt, unchangedMs, leading, mayTell });
    return streamReply(stream, upstream);
  }
}

/** The span of a question ends with the answer, of one that is answered by a stream with its head. */
async function recorded(span: RecordedSpan, { operation }: A2ACall, reply: Promise<A2AReply>): Promise<A2AReply> {
  span.set({ "rpc.method": operation });
  try {
    const answer = await reply;
    span.end();
    return answer;
  } catch (error) {
    if (A2AError.isInstance(error)) span.end({ type: `a2a_${error.code}`, isError: error.status >= 500 });
    else if (error instanceof Problem) span.end({ type: error.code, isError: error.status >= 500 });
    else span.end({ type: "internal_error", isError: true });
    throw error;
  }
}

const mayBePaid = ({ agent }: AgentLink, { hold }: IndexedTask): boolean =>
  agent.pricePerTask > 0n || hold !== undefined;

const reply = (result: unknown, call: A2ACall): ResultReply => inDialect(Payload.ofValue(V1, result), call);

const inDialect = (result: Payload, call: A2ACall): ResultReply => ({
  result: translateResult(call.operation, result, callerDialectOf(call)),
});

/** Of a caller's rate, a list leaves this part for other calls. */
const RATE_LEFT = 1 / 4;

/**
 * Whether the agent may be asked once more on behalf of one call: the first time the call's own token pays for, each further one takes
 * another, as a call of its own would.
 */
function furtherRequests(admission: Admission, { caller }: A2ACall, { agent, limit }: Admitted) {
  let isFirst = true;
  let { remaining } = limit;
  return async (): Promise<boolean> => {
    if (isFirst) {
      isFirst = false;
      return true;
    }
    if (remaining <= limit.limit * RATE_LEFT) return false;
    // Before it is waited for, so that those who ask at once do not all count on the same one.
    remaining -= 1;
    const taken = await admission.takeOneMore(agent, caller.clientIp);
    remaining = Math.min(remaining, taken.remaining);
    return taken.allowed;
  };
}
