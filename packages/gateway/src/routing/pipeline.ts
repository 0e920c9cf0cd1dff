import type { KeyUse } from "../access/index.ts";
import type { Agent } from "../agents/index.ts";
import type { Idempotency, Ticket } from "../idempotency/index.ts";
import { type Clock, combId, type Random } from "../runtime/index.ts";
import type { Trace, Tracing } from "../telemetry/index.ts";
import type { Admission, Admitted } from "./admission.ts";
import { limitHeaders, withHeaders } from "./admission-refusals.ts";
import type { AgentCall, AgentProtocol, ChunkSink, OutgoingTask } from "./agent-protocol.ts";
import { CallMeter } from "./call-meter.ts";
import { CHAIN_HEADER, extendChain, parentIn } from "./chain-guard.ts";
import { caughtUp, type ReaderSink } from "./lagging-reader.ts";
import { SKILL_HEADER, skillHeader } from "./orders.ts";
import { type Hold, ledgerBusy, type TaskPayments } from "./payment.ts";
import { RunningTasks } from "./running-tasks.ts";
import { type CallContext, Settlement, type SettlementOptions } from "./settlement.ts";
import { type TaskRequest, taskIdOf } from "./task.ts";
import { answerHeaders, answerNotKept, callHeaders, type TaskAnswer } from "./task-answer.ts";
import { beginTrace, phase, type TaskSpans, TRACE_HEADER } from "./task-spans.ts";

export interface PipelineOptions extends SettlementOptions {
  admission: Admission;
  protocol: AgentProtocol;
  payments: TaskPayments;
  idempotency: Idempotency;
  random: Random;
  tracing: Tracing;
  /** For agents without a timeout of their own. */
  timeoutMs: number;
  /** Beyond the call's deadline: what the gateway may need to settle before a hold resolves itself, in milliseconds. */
  settleMarginMs: number;
  responseBytesMax: number;
}

/** A task past admission and on its way. */
export interface TaskRun {
  readonly agent: Agent;
  /** What is known of the answer's headers before the answer: the rate limit, and whether it is a repetition. */
  readonly headers: Record<string, string>;
  /** Rejects with the Problem for the caller. By then the call is settled or released, and logged. */
  readonly answer: Promise<TaskAnswer>;
  /** The keys that it was admitted with, for an entrance that stays open. */
  readonly keyUse: KeyUse;
  /** The caller is gone: stop the agent. */
  cancel(): void;
  /**
   * Waits for a caller who lags behind the answer, but no longer than the call may take: then it is cut off, as if it had left. Answers
   * whether the caller has caught up.
   */
  awaitReader(lagging: Promise<void>, sink: ReaderSink): Promise<boolean>;
}

/** How an entrance with an exchange of its own differs from a task. */
export interface ExchangeTerms {
  /** How long the agent may take to answer, when that is not its time for a task. */
  answerMs?: number;
  /** How long a task may be watched that goes on after its answer; no longer than the answer itself may take. */
  watchMs?: number;
}

/** One task's way to the agent and back, once it is admitted and its price put aside. */
export type Exchange = (admitted: Admitted, task: OutgoingTask) => AgentCall;

const TASK: ExchangeTerms = {};
/** Of the product's own entrances: a stream's result is the answer that a single call gets. */
const TASK_ANSWER = "task";

/** The hot path: admit, reserve, forward, settle, record. Every entrance ends here. */
export class TaskPipeline {
  readonly #options: PipelineOptions;
  readonly #settlement: Settlement;
  readonly #running = new RunningTasks();

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#settlement = new Settlement(options);
  }

  /** Tasks on their way now, from their arrival to the last that is done about them. */
  get running(): number {
    return this.#running.count;
  }

  /** Resolves when no task is on its way: what came of each is settled and handed to the log. */
  idle(): Promise<void> {
    return this.#running.idle();
  }

  /** Admits the task, puts its price aside and sends it off. @throws Problem before the agent is called. */
  start(request: TaskRequest, onChunk?: ChunkSink): Promise<TaskRun> {
    const { protocol } = this.#options;
    return this.run(
      request,
      onChunk
        ? ({ agent }, task) => protocol.stream(agent, task, onChunk)
        : ({ agent }, task) => protocol.send(agent, task),
      TASK,
    );
  }

  /** The same for an entrance that brings its own exchange with the agent. */
  async run(request: TaskRequest, exchange: Exchange, terms: ExchangeTerms): Promise<TaskRun> {
    const { leave } = this.#running;
    this.#running.enter();
    const { clock, random, timestamps, tracing, admission } = this.#options;
    const startedAt = clock.monotonic();
    // In the order of time, so that indexes of calls, and of traces that begin with them, grow at their ends.
    const callId = combId(random, timestamps());
    const { trace, spans } = beginTrace(tracing, request, callId);
    request.onTrace?.(trace.id);
    let admitted: Admitted | undefined;
    try {
      admitted = await phase(spans, "admit", () => admission.admit(request));
      const run = await this.#send({ request, admitted, startedAt, callId, trace, spans }, exchange, terms);
      run.answer.then(leave, leave);
      if (spans) endWith(run.answer, spans);
      return run;
    } catch (error) {
      leave();
      spans?.end(error);
      throw withHeaders(error, { ...(admitted && limitHeaders(admitted.limit)), [TRACE_HEADER]: trace.id });
    }
  }

  async #send(
    { request, admitted, startedAt, callId, trace, spans }: Begun,
    exchange: Exchange,
    terms: ExchangeTerms,
  ): Promise<TaskRun> {
    const { clock } = this.#options;
    const { agent, keyUse } = admitted;
    const chain = extendChain(request.chain, agent.id, callId);
    const answerMs = terms.answerMs ?? agent.timeoutMs ?? this.#options.timeoutMs;
    const taskId = taskIdOf(request.task);
    const meter = new CallMeter();
    const context: CallContext = {
      ...admitted,
      clientIp: request.clientIp,
      requestId: request.requestId,
      callId,
      taskId,
      startedAt,
      ticket: null,
      hold: null,
      purchase: request.purchase,
      meter,
      entrance: request.entrance,
      traceId: trace.id,
      spans,
      parentId: parentIn(chain),
      requestBytes: Buffer.byteLength(request.body),
    };
    // The one deadline of the call: made here with the hold, which outlasts it by the margin.
    const spanMs = answerMs + Math.min(answerMs, terms.watchMs ?? 0);
    const holdMs = spanMs + this.#options.settleMarginMs;

    if (request.idempotencyKey !== undefined) {
      const begun = await this.#beginOnce(request.idempotencyKey, request, context, holdMs);
      if ("replay" in begun) {
        const { headers } = begun.replay;
        const call = { outcome: NOTHING, abort() {} };
        return new Run(call, { agent, headers, keyUse, answer: Promise.resolve(begun.replay) }, 0, clock);
      }
      context.ticket = begun;
    }
    const endsAt = clock.monotonic() + spanMs;
    if (admitted.payerOrgId !== null) {
      const begunAt = clock.monotonic();
      const { payerOrgId } = admitted;
      context.hold = await phase(spans, "reserve", () => this.#reserve(payerOrgId, context, { holdMs, endsAt }));
      meter.reserveMs = clock.monotonic() - begunAt;
    }

    const { skillId } = admitted;
    const outgoing: OutgoingTask = {
      body: admitted.body ?? request.body,
      headers: {
        "x-request-id": request.requestId,
        [CHAIN_HEADER]: chain,
        ...(skillId !== undefined && { [SKILL_HEADER]: skillHeader(skillId) }),
        ...(spans?.invoke(agent) ?? trace.headers),
      },
      skillId,
      callerScope: admitted.callerScope,
      // The agent's time begins with its call; what the payment took of it is lost, for the deadline stands.
      timeoutMs: context.hold ? Math.max(1, Math.min(answerMs, endsAt - clock.monotonic())) : answerMs,
      endsAt,
      holdId: context.hold?.id ?? null,
      responseBytesMax: Math.min(this.#options.responseBytesMax, request.answerBytesMax ?? Number.POSITIVE_INFINITY),
      meter,
      onceKey: request.idempotencyKey ?? callId,
      onProgress: request.onProgress,
    };
    meter.askedAt = clock.monotonic();
    const call = callOf(() => exchange(admitted, outgoing));
    const answer = this.#settlement.finish(call, context);
    return new Run(call, { agent, headers: callHeaders(context), keyUse, answer }, endsAt, clock);
  }

  async #beginOnce(
    key: string,
    { body, answersAs = TASK_ANSWER }: TaskRequest,
    context: CallContext,
    leaseMs: number,
  ): Promise<Ticket | { replay: TaskAnswer }> {
    const { agent, callerScope: scope } = context;
    const begun = await this.#options.idempotency.begin({
      scope,
      key,
      payload: [answersAs, agent.id, body],
      leaseMs,
    });
    if (!("replay" in begun)) return begun;
    const headers = { ...answerHeaders(context), "idempotency-replayed": "true" };
    if (begun.replay.status !== 200) throw answerNotKept(headers);
    return { replay: { body: begun.replay.body, headers } };
  }

  async #reserve(
    payerOrgId: string,
    context: CallContext,
    { holdMs, endsAt }: { holdMs: number; endsAt: number },
  ): Promise<Hold> {
    const { agent, skillId, callId, taskId, ticket, purchase, key } = context;
    const { clock, payments } = this.#options;
    try {
      const bought = purchase?.reference;
      const charged = { callId, agent, skillId, payerOrgId, taskId, key };
      const hold = await payments.reserve({ ...charged, lifetimeMs: holdMs, bought });
      if (clock.monotonic() < endsAt) return hold;
      await hold.release();
      throw ledgerBusy();
    } catch (error) {
      await ticket?.abandon();
      throw error;
    }
  }
}

/** A task that is admitted. */
interface Begun {
  request: TaskRequest;
  admitted: Admitted;
  startedAt: number;
  callId: string;
  trace: Trace;
  spans: TaskSpans | undefined;
}

/** Not within a method, whose variables would be held as long as the answer is waited for. */
function endWith(answer: Promise<TaskAnswer>, spans: TaskSpans): void {
  answer.then(
    () => spans.end(),
    (error) => spans.end(error),
  );
}

class Run implements TaskRun {
  readonly agent: Agent;
  readonly headers: Record<string, string>;
  readonly answer: Promise<TaskAnswer>;
  readonly keyUse: KeyUse;
  readonly #call: AgentCall;
  readonly #endsAt: number;
  readonly #clock: Clock;

  constructor(
    call: AgentCall,
    { agent, headers, answer, keyUse }: Pick<TaskRun, "agent" | "headers" | "answer" | "keyUse">,
    endsAt: number,
    clock: Clock,
  ) {
    this.#call = call;
    this.agent = agent;
    this.headers = headers;
    this.answer = answer;
    this.keyUse = keyUse;
    this.#endsAt = endsAt;
    this.#clock = clock;
  }

  cancel(): void {
    this.#call.abort();
  }

  awaitReader(lagging: Promise<void>, sink: ReaderSink): Promise<boolean> {
    return caughtUp(lagging, sink, this.#endsAt, this.#clock);
  }
}

/** Of a call that was never made. */
const NOTHING = new Promise<never>(() => {});

/** An exchange that throws at once has an outcome like any other. */
function callOf(exchange: () => AgentCall): AgentCall {
  try {
    return exchange();
  } catch (error) {
    return { outcome: Promise.reject(error), abort() {} };
  }
}
