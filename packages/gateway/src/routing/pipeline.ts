import { microDollarsToNumber } from "@agentgate/protocol";
import type { Agent } from "../agents/index.ts";
import type { CallEntry, CallLog, CallLogStore } from "../call-log/index.ts";
import { Problem } from "../http/index.ts";
import type { Idempotency, Ticket } from "../idempotency/index.ts";
import type { TaskMetrics } from "../metrics/index.ts";
import type { Clock, Log, Random, Timestamps } from "../runtime/index.ts";
import type { Statement } from "../storage/index.ts";
import { type Admission, type Admitted, limitHeaders, withLimit } from "./admission.ts";
import type { AgentCall, AgentFailure, AgentOutcome, AgentProtocol, OutgoingTask } from "./agent-protocol.ts";
import { CHAIN_HEADER, extendChain } from "./chain-guard.ts";
import type { Hold, Receipt, TaskPayments } from "./payment.ts";
import { unavailableFailure } from "./protocols/failures.ts";
import { type TaskRequest, taskIdOf } from "./task.ts";
import { traceHeaders } from "./trace-context.ts";

export interface PipelineOptions {
  admission: Admission;
  protocol: AgentProtocol;
  payments: TaskPayments;
  idempotency: Idempotency;
  callLog: CallLog;
  callLogStore: CallLogStore;
  /** Told of every finished call. */
  onRecorded(entry: CallEntry): void;
  metrics: TaskMetrics;
  clock: Clock;
  random: Random;
  timestamps: Timestamps;
  log: Log;
  /** For agents without a timeout of their own. */
  timeoutMs: number;
  /** Beyond the agent's time: what the gateway may need to settle before a hold resolves itself, in milliseconds. */
  settleMarginMs: number;
  responseBytesMax: number;
}

/** The answer to a task. */
export interface TaskAnswer {
  /** JSON. */
  body: string;
  headers: Record<string, string>;
}

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

const UCP_VERSION = "2026-04-08";

/** Largest free answers kept for repetition: of callers without a key, who cost their address only, and of others. */
const ANONYMOUS_KEPT_BYTES_MAX = 16_384;
const FREE_KEPT_BYTES_MAX = 1_048_576;

/** The hot path: admit, reserve, forward, settle, record. Every entrance ends here. */
export class TaskPipeline {
  readonly #options: PipelineOptions;
  #running = 0;
  #onIdle: (() => void)[] = [];

  constructor(options: PipelineOptions) {
    this.#options = options;
  }

  /** Tasks on their way now, from their arrival to the last that is done about them. */
  get running(): number {
    return this.#running;
  }

  /** Resolves when no task is on its way: what came of each is settled and handed to the log. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#running === 0) resolve();
      else this.#onIdle.push(resolve);
    });
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
    this.#running++;
    const leave = () => this.#leave();
    try {
      const run = await this.#begin(request, exchange, timeoutMs);
      run.answer.then(leave, leave);
      return run;
    } catch (error) {
      leave();
      throw error;
    }
  }

  #leave(): void {
    this.#running--;
    if (this.#running === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  async #begin(request: TaskRequest, exchange: Exchange, timeoutMs: number | undefined): Promise<TaskRun> {
    const startedAt = this.#options.clock.monotonic();
    const admitted = await this.#options.admission.admit(request);
    try {
      return await this.#send({ request, admitted, startedAt }, exchange, timeoutMs);
    } catch (error) {
      throw withLimit(error, admitted.limit);
    }
  }

  async #send(
    { request, admitted, startedAt }: { request: TaskRequest; admitted: Admitted; startedAt: number },
    exchange: Exchange,
    timeoutMs: number | undefined,
  ): Promise<TaskRun> {
    const { clock, random } = this.#options;
    const { agent, limit } = admitted;
    const callId = random.uuid();
    const chain = extendChain(request.chain, agent.id, callId);
    const timeout = timeoutMs ?? agent.timeoutMs ?? this.#options.timeoutMs;
    const taskId = taskIdOf(request.task);
    const context: CallContext = {
      ...admitted,
      clientIp: request.clientIp,
      isAnonymous: request.bearer === undefined,
      callId,
      taskId,
      startedAt,
      ticket: null,
      hold: null,
    };
    const spanMs = timeout + this.#options.settleMarginMs;
    // Before the key's lease begins: whoever takes the key over never meets a hold that can still be settled.
    const deadlineMs = clock.now() + spanMs;

    if (request.idempotencyKey !== undefined) {
      const begun = await this.#beginOnce(request.idempotencyKey, request.body, context, spanMs);
      if ("replay" in begun) {
        const { headers } = begun.replay;
        return { agent, headers, answer: Promise.resolve(begun.replay), cancel() {} };
      }
      context.ticket = begun;
    }
    if (admitted.payerOrgId !== null) context.hold = await this.#reserve(admitted.payerOrgId, context, deadlineMs);

    const outgoing: OutgoingTask = {
      body: request.body,
      headers: { "x-request-id": request.requestId, [CHAIN_HEADER]: chain, ...traceHeaders(request, callId) },
      callerScope: admitted.callerScope,
      timeoutMs: timeout,
      responseBytesMax: this.#options.responseBytesMax,
    };
    const call = callOf(() => exchange(admitted, outgoing));
    return runOf(call, agent, limitHeaders(limit), this.#finish(call, context));
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

  async #reserve(payerOrgId: string, context: CallContext, deadlineMs: number): Promise<Hold> {
    const { agent, callId, taskId, ticket } = context;
    try {
      return await this.#options.payments.reserve({ callId, agent, payerOrgId, taskId, deadlineMs });
    } catch (error) {
      await ticket?.abandon();
      throw error;
    }
  }

  async #finish(call: AgentCall, context: CallContext): Promise<TaskAnswer> {
    const outcome = await call.outcome.catch((error) => this.#brokenOff(error, context));
    context.taskId = outcome.taskId ?? context.taskId;
    return outcome.ok ? await this.#succeed(outcome.body, context) : await this.#fail(outcome.failure, context);
  }

  /** An exchange that threw, which none should: nobody pays, and the log says why. */
  #brokenOff(error: unknown, { callId }: CallContext): AgentOutcome {
    const unavailable = unavailableFailure(error);
    if (unavailable) return { ok: false, failure: unavailable };
    this.#options.log.error({ err: error, callId }, "the exchange with an agent failed");
    return {
      ok: false,
      failure: { status: 500, detail: "Internal server error; nothing was charged", logged: "internal_error" },
    };
  }

  /** Settles, keeps the answer and the log row with the payment where there is one, and answers. */
  async #succeed(result: string, context: CallContext): Promise<TaskAnswer> {
    const { agent, hold, ticket, limit } = context;
    const entry = this.#entry(null, context);
    const bodyWith = (receipt: Receipt | null) =>
      agent.pricePerTask === 0n ? result : pricedBody(agent, result, receipt);
    let body: string;
    if (hold) {
      const expected = bodyWith(hold.expected);
      const receipt = await this.#settle(hold, entry, ticket?.completion(stored(expected)), context);
      body = bodyWith(receipt);
      // The balance is known only now; until here a repetition would have told the expected one.
      if (body !== expected) await this.#keep(body, context);
    } else {
      body = bodyWith(null);
      const room = this.#record(entry);
      if (room) await room;
      if (ticket) await this.#keepUnpaid(body, ticket, context);
    }
    return { body, headers: answerHeaders(limit) };
  }

  /** Nobody paid for it: what is too large to keep for nothing is answered anew when it is asked for again. */
  #keepUnpaid(body: string, ticket: Ticket, context: CallContext): Promise<void> {
    const bytesMax = context.isAnonymous ? ANONYMOUS_KEPT_BYTES_MAX : FREE_KEPT_BYTES_MAX;
    return body.length <= bytesMax ? this.#keep(body, context) : ticket.abandon();
  }

  /** Keeps the answer for repetitions. The caller gets it in any case. */
  async #keep(body: string, { ticket, callId }: CallContext): Promise<void> {
    await ticket
      ?.complete(stored(body))
      .catch((error) => this.#options.log.warn({ err: error, callId }, "an answer was not kept for repetition"));
  }

  async #settle(
    hold: Hold,
    entry: CallEntry,
    completion: Statement | undefined,
    context: CallContext,
  ): Promise<Receipt | null> {
    const { callLogStore, onRecorded } = this.#options;
    try {
      const receipt = await hold.settle([...callLogStore.statementsFor(entry), ...(completion ? [completion] : [])]);
      if (receipt) onRecorded(entry);
      else await this.#record(entry);
      return receipt;
    } catch (error) {
      // If the payment did happen after all, its own row is there and this one changes nothing.
      await this.#record({ ...entry, errorDetail: "payment_unknown" });
      throw withLimit(error, context.limit);
    }
  }

  /** Gives the money and the key back, records and tells the caller. */
  async #fail(failure: AgentFailure, context: CallContext): Promise<never> {
    await context.hold?.release();
    await context.ticket?.abandon();
    await this.#record(this.#entry(failure.logged, context));
    throw failureProblem(failure, context.limit);
  }

  #entry(errorDetail: string | null, context: CallContext): CallEntry {
    const { metrics, clock, timestamps } = this.#options;
    const { agent, clientIp, callId, taskId, payerOrgId, startedAt } = context;
    const latencyMs = clock.monotonic() - startedAt;
    metrics.taskFinished({ agentName: agent.name, latencyMs, ...(errorDetail !== null && { errorType: errorDetail }) });
    return {
      id: callId,
      agentId: agent.id,
      agentName: agent.name,
      orgId: agent.orgId,
      payerOrgId,
      callerIp: clientIp,
      taskId,
      errorDetail,
      latencyMicros: BigInt(Math.round(latencyMs * 1000)),
      createdAt: timestamps(),
    };
  }

  /** Waits only when the log's buffer is full. */
  #record(entry: CallEntry): Promise<void> | undefined {
    this.#options.onRecorded(entry);
    return this.#options.callLog.record(entry);
  }
}

/** What is kept of a call until its end, which a stream may put off for long: its task is not. */
interface CallContext extends Admitted {
  clientIp: string;
  /** Came without a key. */
  isAnonymous: boolean;
  callId: string;
  taskId: string | null;
  startedAt: number;
  /** Of the Idempotency-Key, when there is one. */
  ticket: Ticket | null;
  /** Of the price, when somebody pays. */
  hold: Hold | null;
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

const answerHeaders = (limit: Admitted["limit"]) => ({ ...limitHeaders(limit), "content-type": "application/json" });

const stored = (body: string) => ({ status: 200, body });

function failureProblem({ status, detail, logged, upstreamStatus }: AgentFailure, limit: Admitted["limit"]): Problem {
  return new Problem(status, detail, {
    code: `agent_${logged}`,
    headers: {
      ...limitHeaders(limit),
      ...(upstreamStatus !== undefined && { "x-agentgate-upstream-status": `${upstreamStatus}` }),
      ...((status === 503 || status === 429) && { "retry-after": "1" }),
    },
  });
}

/** A priced agent's answer: its JSON as it is, beside what the task cost (contract section 4). */
function pricedBody(agent: Agent, result: string, receipt: Receipt | null): string {
  const ucp = {
    version: UCP_VERSION,
    capability: "dev.ucp.shopping.checkout",
    agent_id: agent.id,
    price_per_task: microDollarsToNumber(agent.pricePerTask),
    currency: "USD",
    transaction_id: receipt?.transactionId ?? null,
    balance: receipt ? microDollarsToNumber(receipt.balance) : null,
  };
  return `{"result":${result},"ucp":${JSON.stringify(ucp)}}`;
}
