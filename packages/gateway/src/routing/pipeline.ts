import { microDollarsToNumber } from "@agentgate/protocol";
import type { Agent } from "../agents/index.ts";
import type { CallLog } from "../call-log/index.ts";
import { Problem } from "../http/index.ts";
import type { TaskMetrics } from "../metrics/index.ts";
import type { Clock, Random, Timestamps } from "../runtime/index.ts";
import { type Admission, type Admitted, limitHeaders } from "./admission.ts";
import type { AgentCall, AgentFailure, AgentOutcome, AgentProtocol, OutgoingTask } from "./agent-protocol.ts";
import { CHAIN_HEADER, extendChain } from "./chain-guard.ts";
import type { Hold, Payments, Receipt } from "./payment.ts";
import { type TaskRequest, taskIdOf } from "./task.ts";
import { traceHeaders } from "./trace-context.ts";

export interface PipelineOptions {
  admission: Admission;
  protocol: AgentProtocol;
  payments: Payments;
  callLog: CallLog;
  metrics: TaskMetrics;
  clock: Clock;
  random: Random;
  timestamps: Timestamps;
  /** For agents without a timeout of their own. */
  timeoutMs: number;
  responseBytesMax: number;
}

/** The answer to a task. */
export interface TaskAnswer {
  /** JSON. */
  body: Buffer | string;
  headers: Record<string, string>;
}

/** A task past admission and on its way. */
export interface TaskRun {
  readonly agent: Agent;
  /** Rejects with the Problem for the caller. By then the call is settled or released, and logged. */
  readonly answer: Promise<TaskAnswer>;
  /** The caller is gone: stop the agent. */
  cancel(): void;
}

/** How a task's answer is consumed: whole, or with its pieces as they come. */
export type ChunkSink = (text: string) => void | Promise<void>;

const UCP_VERSION = "2026-04-08";
/** Beyond the agent's own time: what the gateway may need to settle before a hold resolves itself. */
const SETTLE_MARGIN_MS = 30_000;

/** The hot path: admit, reserve, forward, settle, record. Every entrance ends here. */
export class TaskPipeline {
  readonly #options: PipelineOptions;
  #running = 0;

  constructor(options: PipelineOptions) {
    this.#options = options;
  }

  /** Tasks on their way now. */
  get running(): number {
    return this.#running;
  }

  /** Admits the task, puts its price aside and sends it off. @throws Problem before the agent is called. */
  async start(request: TaskRequest, onChunk?: ChunkSink): Promise<TaskRun> {
    const { admission, clock, random, payments, protocol, timeoutMs } = this.#options;
    const startedAt = clock.monotonic();
    const admitted = await admission.admit(request);
    const { agent, payerOrgId } = admitted;
    const callId = random.uuid();
    const chain = extendChain(request.chain, agent.id, callId);
    const taskId = taskIdOf(request.task);
    const timeout = agent.timeoutMs ?? timeoutMs;
    const deadlineMs = clock.now() + timeout + SETTLE_MARGIN_MS;
    const hold = payerOrgId === null ? null : await payments.reserve({ callId, agent, payerOrgId, taskId, deadlineMs });

    const outgoing: OutgoingTask = {
      body: request.body,
      headers: { "x-request-id": request.requestId, [CHAIN_HEADER]: chain, ...traceHeaders(request, random) },
      timeoutMs: timeout,
      responseBytesMax: this.#options.responseBytesMax,
    };
    this.#running++;
    const call = onChunk ? protocol.stream(agent, outgoing, onChunk) : protocol.send(agent, outgoing);
    const answer = this.#finish(call, hold, { ...admitted, request, callId, taskId, startedAt });
    return { agent, answer, cancel: () => call.abort() };
  }

  async #finish(call: AgentCall, hold: Hold | null, context: CallContext): Promise<TaskAnswer> {
    let outcome: AgentOutcome;
    let receipt: Receipt | null = null;
    try {
      outcome = await call.outcome;
      if (hold) {
        if (outcome.ok) receipt = await hold.settle();
        else await hold.release();
      }
    } finally {
      this.#running--;
    }
    await this.#record(outcome, context);
    if (!outcome.ok) throw failureProblem(outcome.failure, context.limit);
    const { agent, limit } = context;
    const headers = { ...limitHeaders(limit), "content-type": "application/json" };
    return { headers, body: agent.pricePerTask === 0n ? outcome.body : pricedBody(agent, outcome.body, receipt) };
  }

  /** One row and one count per call. Waits only when the log's buffer is full. */
  #record(outcome: AgentOutcome, context: CallContext): Promise<void> | undefined {
    const { callLog, metrics, clock, timestamps } = this.#options;
    const { agent, request, callId, taskId, payerOrgId, startedAt } = context;
    const latencyMs = clock.monotonic() - startedAt;
    const errorDetail = outcome.ok ? null : outcome.failure.logged;
    metrics.taskFinished({ agentName: agent.name, latencyMs, ...(errorDetail !== null && { errorType: errorDetail }) });
    return callLog.record({
      id: callId,
      agentId: agent.id,
      agentName: agent.name,
      orgId: agent.orgId,
      payerOrgId,
      callerIp: request.clientIp,
      taskId,
      errorDetail,
      latencyMicros: BigInt(Math.round(latencyMs * 1000)),
      createdAt: timestamps(),
    });
  }
}

interface CallContext extends Admitted {
  request: TaskRequest;
  callId: string;
  taskId: string | null;
  startedAt: number;
}

function failureProblem({ status, detail, logged, upstreamStatus }: AgentFailure, limit: Admitted["limit"]): Problem {
  return new Problem(status, detail, {
    code: `agent_${logged}`,
    headers: {
      ...limitHeaders(limit),
      ...(upstreamStatus !== undefined && { "x-agentgate-upstream-status": `${upstreamStatus}` }),
      ...(status === 503 && { "retry-after": "1" }),
    },
  });
}

/** A priced agent's answer: its JSON as it is, beside what the task cost (contract section 4). */
function pricedBody(agent: Agent, result: Buffer, receipt: Receipt | null): string {
  const ucp = {
    version: UCP_VERSION,
    capability: "dev.ucp.shopping.checkout",
    agent_id: agent.id,
    price_per_task: microDollarsToNumber(agent.pricePerTask),
    currency: "USD",
    transaction_id: receipt?.transactionId ?? null,
    balance: receipt ? microDollarsToNumber(receipt.balance) : null,
  };
  return `{"result":${result.toString("utf8")},"ucp":${JSON.stringify(ucp)}}`;
}
