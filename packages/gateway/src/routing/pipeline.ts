import type { Agent } from "../agents/index.ts";
import type { Idempotency, Ticket } from "../idempotency/index.ts";
import type { Random } from "../runtime/index.ts";
import { type Admission, type Admitted, limitHeaders, withLimit } from "./admission.ts";
import type { AgentCall, AgentProtocol, OutgoingTask } from "./agent-protocol.ts";
import { CHAIN_HEADER, extendChain } from "./chain-guard.ts";
import type { Hold, TaskPayments } from "./payment.ts";
import { RunningTasks } from "./running-tasks.ts";
import { type CallContext, Settlement, type SettlementOptions } from "./settlement.ts";
import { type TaskRequest, taskIdOf } from "./task.ts";
import { answerHeaders, type TaskAnswer } from "./task-answer.ts";
import { traceHeaders } from "./trace-context.ts";

export interface PipelineOptions extends SettlementOptions {
  admission: Admission;
  protocol: AgentProtocol;
  payments: TaskPayments;
  idempotency: Idempotency;
  random: Random;
  /** For agents without a timeout of their own. */
  timeoutMs: number;
  /** Beyond the agent's time: what the gateway may need to settle before a hold resolves itself, in milliseconds. */
  settleMarginMs: number;
  responseBytesMax: number;
}

/** By how much a key's lease outlasts the hold, which begins later by what it takes to put the money aside. */
const LEASE_MARGIN_MS = 60_000;

/** A task past admission and on its way. */
export interface TaskRun {
  readonly agent: Agent;
  /** What is known of the answer's headers before the answer: the rate limit, and whether it is a repetition. */
  readonly headers: Record<string, string>;
  /** Rejects with the Problem for the caller. By then the call is settled or released, and logged. */
  readonly answer: Promise<TaskAnswer>;
  /** The caller is gone: stop the agent. */
  cancel(): void;
}

/** One task's way to the agent and back, once it is admitted and its price put aside. */
export type Exchange = (admitted: Admitted, task: OutgoingTask) => AgentCall;

/** How a task's answer is consumed: whole, or with its pieces as they come. */
export type ChunkSink = (text: string) => void | Promise<void>;

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
    );
  }

  /**
   * The same for an entrance that brings its own exchange with the agent.
   *
   * @param timeoutMs how long the exchange may take, when that is not the agent's time for a task
   */
  async run(request: TaskRequest, exchange: Exchange, timeoutMs?: number): Promise<TaskRun> {
    const { leave } = this.#running;
    this.#running.enter();
    let admitted: Admitted | undefined;
    try {
      const startedAt = this.#options.clock.monotonic();
      admitted = await this.#options.admission.admit(request);
      const run = await this.#send({ request, admitted, startedAt }, exchange, timeoutMs);
      run.answer.then(leave, leave);
      return run;
    } catch (error) {
      leave();
      throw admitted ? withLimit(error, admitted.limit) : error;
    }
  }

  async #send(
    { request, admitted, startedAt }: { request: TaskRequest; admitted: Admitted; startedAt: number },
    exchange: Exchange,
    timeoutMs: number | undefined,
  ): Promise<TaskRun> {
    const { random } = this.#options;
    const { agent, limit } = admitted;
    const callId = random.uuid();
    const chain = extendChain(request.chain, agent.id, callId);
    const timeout = timeoutMs ?? agent.timeoutMs ?? this.#options.timeoutMs;
    const taskId = taskIdOf(request.task);
    const context: CallContext = {
      ...admitted,
      clientIp: request.clientIp,
      callId,
      taskId,
      startedAt,
      ticket: null,
      hold: null,
    };
    const spanMs = timeout + this.#options.settleMarginMs;

    if (request.idempotencyKey !== undefined) {
      const begun = await this.#beginOnce(request.idempotencyKey, request.body, context, spanMs + LEASE_MARGIN_MS);
      if ("replay" in begun) {
        const { headers } = begun.replay;
        return { agent, headers, answer: Promise.resolve(begun.replay), cancel() {} };
      }
      context.ticket = begun;
    }
    if (admitted.payerOrgId !== null) context.hold = await this.#reserve(admitted.payerOrgId, context, spanMs);

    const outgoing: OutgoingTask = {
      body: request.body,
      headers: { "x-request-id": request.requestId, [CHAIN_HEADER]: chain, ...traceHeaders(request, callId) },
      callerScope: admitted.callerScope,
      timeoutMs: timeout,
      responseBytesMax: this.#options.responseBytesMax,
    };
    const call = callOf(() => exchange(admitted, outgoing));
    return runOf(call, agent, limitHeaders(limit), this.#settlement.finish(call, context));
  }

  async #beginOnce(
    key: string,
    body: string,
    context: CallContext,
    leaseMs: number,
  ): Promise<Ticket | { replay: TaskAnswer }> {
    const { agent, callerScope: scope, limit } = context;
    const begun = await this.#options.idempotency.begin({
      scope,
      key,
      payload: ["task", agent.id, body],
      leaseMs,
    });
    if (!("replay" in begun)) return begun;
    const headers = { ...answerHeaders(limit), "idempotency-replayed": "true" };
    return { replay: { body: begun.replay.body, headers } };
  }

  async #reserve(payerOrgId: string, context: CallContext, lifetimeMs: number): Promise<Hold> {
    const { agent, callId, taskId, ticket } = context;
    try {
      return await this.#options.payments.reserve({ callId, agent, payerOrgId, taskId, lifetimeMs });
    } catch (error) {
      await ticket?.abandon();
      throw error;
    }
  }
}

const runOf = (
  call: AgentCall,
  agent: Agent,
  headers: Record<string, string>,
  answer: Promise<TaskAnswer>,
): TaskRun => ({
  agent,
  headers,
  answer,
  cancel: () => call.abort(),
});

/** An exchange that throws at once has an outcome like any other. */
function callOf(exchange: () => AgentCall): AgentCall {
  try {
    return exchange();
  } catch (error) {
    return { outcome: Promise.reject(error), abort() {} };
  }
}
