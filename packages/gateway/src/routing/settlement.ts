import {
  announcementOf,
  type CallEntry,
  type CallLog,
  type CallLogStore,
  concernedBy,
  type Entrance,
  PAYMENT_UNKNOWN,
} from "../call-log/index.ts";
import { type FailedCall, Problem } from "../http/index.ts";
import type { Ticket } from "../idempotency/index.ts";
import type { TaskMetrics } from "../metrics/index.ts";
import type { Clock, Log, Timestamps } from "../runtime/index.ts";
import type { Statement } from "../storage/index.ts";
import { type Announcer, type Audience, NOBODY } from "../webhooks/index.ts";
import type { Admitted } from "./admission.ts";
import { withHeaders } from "./admission-refusals.ts";
import type { AgentCall, AgentFailure, AgentOutcome } from "./agent-protocol.ts";
import type { CallMeter } from "./call-meter.ts";
import type { Hold, Receipt } from "./payment.ts";
import { callerLeft, unavailableFailure } from "./protocols/failures.ts";
import type { Purchase } from "./task.ts";
import {
  answerHeaders,
  callHeaders,
  failureProblem,
  pricedBody,
  stored,
  type TaskAnswer,
  unfinished,
} from "./task-answer.ts";
import { phase, type TaskSpans } from "./task-spans.ts";

export interface SettlementOptions {
  callLog: CallLog;
  callLogStore: CallLogStore;
  /** Told of every finished call. */
  onRecorded(entry: CallEntry): void;
  /** Told of every call that failed, before its caller is. */
  onFailed(call: FailedCall): void;
  metrics: TaskMetrics;
  announcer: Pick<Announcer, "audienceOf" | "statementsFor">;
  clock: Clock;
  timestamps: Timestamps;
  log: Log;
}

type Answered = Extract<AgentOutcome, { ok: true }>;

/** What is kept of a call until its end, which a stream may put off for long: its task is not. */
export interface CallContext extends Admitted {
  clientIp: string;
  requestId: string;
  callId: string;
  taskId: string | null;
  startedAt: number;
  /** Of the Idempotency-Key, when there is one. */
  ticket: Ticket | null;
  /** Of the price, when somebody pays. */
  hold: Hold | null;
  /** When it was bought beforehand. */
  purchase: Purchase | undefined;
  meter: CallMeter;
  entrance: Entrance;
  traceId: string;
  /** What is recorded of it, if it is. */
  spans: TaskSpans | undefined;
  parentId: string | null;
  /** Of the task, as it is forwarded. */
  requestBytes: number;
}

/** What an entry says of how the call ended. */
type Ending = Required<Pick<CallEntry, "errorDetail" | "httpStatus" | "price" | "transactionId" | "earned">>;

const FREE: Ending = { errorDetail: null, httpStatus: 200, price: 0n, transactionId: null, earned: 0n };

/** Largest free answers kept for repetition: of callers without a known key, who cost their address only, and of others. */
const ANONYMOUS_KEPT_BYTES_MAX = 16_384;
const FREE_KEPT_BYTES_MAX = 1_048_576;

/** Of a task that was bought: nobody is there to answer. */
const asksBack: AgentFailure = {
  status: 422,
  detail: "The agent wants a person's word before it does this, which a task that was bought cannot give",
  logged: "input_required",
};

const AUDIENCE_ATTEMPTS = 5;
const AUDIENCE_RETRY_MS = 200;

const microsOf = (ms: number): number => Math.round(ms * 1000);

/** What follows an agent's answer: settle or release, keep, record, and tell the caller. */
export class Settlement {
  readonly #options: SettlementOptions;

  constructor(options: SettlementOptions) {
    this.#options = options;
  }

  /** Rejects with the Problem for the caller. By then the call is settled or released, and logged. */
  async finish(call: AgentCall, context: CallContext): Promise<TaskAnswer> {
    let outcome: AgentOutcome;
    try {
      outcome = await call.outcome;
    } catch (error) {
      outcome = this.#brokenOff(error, context);
    }
    context.spans?.answered(outcome, context.meter);
    context.taskId = outcome.taskId ?? context.taskId;
    if (!outcome.ok) return await this.#fail(outcome.failure, context);
    // Of a part that nobody pays for, nothing is made of.
    if (outcome.isPartial && !context.hold) return await this.#fail(callerLeft, context);
    if (outcome.isFree) {
      if (context.purchase) return await this.#fail(asksBack, context);
      await this.#releaseOf(context);
    }
    return await this.#succeed(outcome, context);
  }

  /** Of an answer that costs nothing, although others of its agent do. */
  async #releaseOf(context: CallContext): Promise<void> {
    const { hold } = context;
    if (!hold) return;
    await phase(context.spans, "release", () => hold.release());
    context.hold = null;
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
  async #succeed({ body: result, isPartial }: Answered, context: CallContext): Promise<TaskAnswer> {
    const { agent, hold, ticket, spans } = context;
    const ending: Ending = hold
      ? { ...FREE, price: agent.pricePerTask, transactionId: hold.expected.transactionId, earned: hold.earned }
      : FREE;
    const entry = this.#entry(ending, context);
    const bodyWith = (receipt: Receipt | null) =>
      agent.pricePerTask === 0n ? result : pricedBody(context, result, receipt);
    let body: string;
    if (hold) {
      const expected = bodyWith(hold.expected);
      const { purchase } = context;
      // What was bought is kept by whoever sold it.
      const kept = isPartial ? unfinished : stored(purchase ? "null" : expected);
      const { transactionId } = hold.expected;
      const alongside = [
        ...(ticket ? [ticket.completion(kept)] : []),
        ...(purchase?.settled({ result, transactionId }) ?? []),
      ];
      const receipt = await phase(spans, "settle", () => this.#settle(hold, entry, alongside, context));
      body = bodyWith(receipt);
      // The balance is known only now; until here a repetition would have told the expected one.
      if (body !== expected && !isPartial && !purchase) await this.#keep(body, context);
    } else {
      body = bodyWith(null);
      const room = this.#record(entry);
      if (room) await room;
      if (ticket) await this.#keepUnpaid(body, ticket, context);
    }
    return { body, headers: answerHeaders(context) };
  }

  /** Nobody paid for it: what is too large to keep for nothing is answered anew when it is asked for again. */
  #keepUnpaid(body: string, ticket: Ticket, context: CallContext): Promise<void> {
    const bytesMax = context.isAnonymous ? ANONYMOUS_KEPT_BYTES_MAX : FREE_KEPT_BYTES_MAX;
    if (body.length > bytesMax) return ticket.abandon();
    return ticket.keepUnpaid(stored(body), context).catch((error) => this.#notKept(error, context));
  }

  /** Keeps the answer for repetitions. The caller gets it in any case. */
  async #keep(body: string, context: CallContext): Promise<void> {
    await context.ticket?.complete(stored(body)).catch((error) => this.#notKept(error, context));
  }

  #notKept(error: unknown, { callId }: CallContext): void {
    this.#options.log.warn({ err: error, callId }, "an answer was not kept for repetition");
  }

  async #settle(
    hold: Hold,
    entry: CallEntry,
    alongside: readonly Statement[],
    context: CallContext,
  ): Promise<Receipt | null> {
    const { announcer, callLogStore, onRecorded } = this.#options;
    const audience = await this.#audienceOf(entry);
    try {
      const fence = context.ticket ? [context.ticket.fence()] : [];
      const receipt = await hold.settle([...callLogStore.statementsFor(entry), ...alongside, ...fence], (paid) =>
        announcer.statementsFor([[audience, announcementOf(entry, paid)]]),
      );
      if (receipt) onRecorded(entry);
      else await this.#record({ ...entry, ...FREE });
      return receipt;
    } catch (error) {
      const isRefused = error instanceof Problem && error.status < 500;
      if (isRefused) await context.ticket?.abandon();
      // If the payment did happen after all, its own row is there and this one changes nothing.
      const httpStatus = error instanceof Problem ? error.status : 500;
      await this.#record(
        isRefused
          ? { ...entry, ...FREE, errorDetail: error.code, httpStatus }
          : { ...entry, errorDetail: PAYMENT_UNKNOWN, httpStatus, price: null, earned: 0n },
      );
      throw withHeaders(error, callHeaders(context));
    }
  }

  /** Mostly known already. Money waits for a moment for who is told of it, as it does for the database, but not longer. */
  async #audienceOf(entry: CallEntry): Promise<Audience> {
    const { announcer, clock, log } = this.#options;
    for (let attempt = 1; ; attempt++) {
      try {
        return await announcer.audienceOf(concernedBy(entry));
      } catch (error) {
        if (attempt === AUDIENCE_ATTEMPTS) {
          log.error({ err: error, callId: entry.id }, "it cannot be looked up who is to be told of a paid task");
          return NOBODY;
        }
        await new Promise<void>((resolve) => clock.after(AUDIENCE_RETRY_MS * attempt, resolve));
      }
    }
  }

  /** Gives the money and the key back, records and tells the caller. */
  async #fail(failure: AgentFailure, context: CallContext): Promise<never> {
    const { hold } = context;
    if (hold) await phase(context.spans, "release", () => hold.release());
    await context.ticket?.abandon();
    const entry = this.#entry({ ...FREE, errorDetail: failure.logged, httpStatus: failure.status }, context);
    this.#tell(entry, failure.logged, context);
    await this.#record(entry);
    throw failureProblem(failure, context);
  }

  #tell({ agentId, agentName, latencyMicros }: CallEntry, error: string, context: CallContext) {
    const { requestId, callId, clientIp, traceId, spans } = context;
    const latencyMs = latencyMicros / 1000;
    const spanId = spans?.spanId;
    this.#options.onFailed({ requestId, callId, traceId, spanId, agentId, agentName, error, clientIp, latencyMs });
  }

  #entry(ending: Ending, context: CallContext): CallEntry {
    const { metrics, clock, timestamps } = this.#options;
    const { agent, clientIp, requestId, callId, taskId, payerOrgId, startedAt } = context;
    const { errorDetail, httpStatus, price, transactionId, earned } = ending;
    const now = clock.monotonic();
    const latencyMs = now - startedAt;
    const { askedAt, reserveMs, firstByteAt, events, bytes, contextId = null } = context.meter;
    metrics.taskFinished({
      agentName: agent.name,
      latencyMs,
      errorType: errorDetail ?? undefined,
      trace: context.spans?.exemplar,
    });
    return {
      id: callId,
      requestId,
      agentId: agent.id,
      agentName: agent.name,
      orgId: agent.orgId,
      payerOrgId,
      callerIp: clientIp,
      caller: context.callerScope,
      taskId,
      errorDetail,
      httpStatus,
      price,
      transactionId,
      earned,
      latencyMicros: microsOf(latencyMs),
      createdAt: timestamps(),
      entrance: context.entrance,
      protocol: agent.protocol,
      askedMicros: microsOf(askedAt - startedAt),
      reserveMicros: reserveMs === undefined ? null : microsOf(reserveMs),
      agentMicros: microsOf(now - askedAt),
      firstByteMicros: firstByteAt === undefined ? null : microsOf(firstByteAt - startedAt),
      eventCount: events === 0 ? null : events,
      contextId,
      keyId: (context.purchase ? context.purchase.key : context.key)?.keyId ?? null,
      requestBytes: context.requestBytes,
      responseBytes: bytes,
      traceId: context.traceId,
      parentId: context.parentId,
      skill: context.skillId ?? null,
      hasWebhook: agent.webhookUrl !== null,
      isPublic: agent.visibility === "public",
    };
  }

  /** Waits only when the log's buffer is full. */
  #record(entry: CallEntry): Promise<void> | undefined {
    this.#options.onRecorded(entry);
    return this.#options.callLog.record(entry);
  }
}
