import type { AgentRegistry } from "../agents/index.ts";
import { Problem } from "../http/index.ts";
import type { TaskPipeline, TaskRequest } from "../routing/index.ts";
import type { Clock, Log } from "../runtime/index.ts";
import type { Failure } from "./checkout.ts";
import { recoverable } from "./envelope.ts";
import type { Order, Run } from "./order.ts";
import { inputOf, type OrderStore } from "./order-store.ts";

export interface OrderRunsOptions {
  store: OrderStore;
  pipeline: TaskPipeline;
  agents: Pick<AgentRegistry, "find">;
  clock: Clock;
  log: Log;
  taskTimeoutMs: number;
  settleMarginMs: number;
}

/** Tasks of one order that run at once. */
const AT_ONCE = 8;
/** Orders that are resumed at once. */
const RESUMED_MAX = 32;
const POLL_MS = 2_000;
/** Between the end of a call's time and a look at what became of it. */
const SLACK_MS = 2_000;
/** Between two looks at an order that somebody else seems to be at. */
const AGAIN_MS = 1_000;
/** So long a task waits for a token of a rate limit. */
const PATIENCE_MS = 600_000;
const micros = (ms: number): bigint => BigInt(Math.ceil(ms)) * 1000n;

/**
 * Has the tasks of orders done. Each is in the database before its agent is called, with the payment its result is; a task whose node has
 * died is taken up by any other when its time is over, under the same key, so that it is paid for once whatever happens.
 */
export class OrderRuns {
  readonly #options: OrderRunsOptions;
  /** Orders that this node is at. */
  readonly #working = new Map<string, Promise<void>>();
  #cancelPoll = () => {};
  #isStopped = false;

  constructor(options: OrderRunsOptions) {
    this.#options = options;
  }

  start(): void {
    this.#cancelPoll = this.#options.clock.after(POLL_MS, () => void this.#resume());
  }

  /** Takes up nothing more. What is under way is cut off with the calls soon, and goes on elsewhere: it is said here that it may. */
  async close(): Promise<void> {
    this.#isStopped = true;
    this.#cancelPoll();
    const { store, log } = this.#options;
    const given = [...this.#working.keys()].map((orderId) => store.postpone(orderId, 0n));
    await Promise.all(given).catch((error) =>
      log.warn({ err: error }, "orders could not be left to other nodes at once"),
    );
  }

  get count(): number {
    return this.#working.size;
  }

  /** Whether this node is at the tasks of an order. */
  isAt(orderId: string): boolean {
    return this.#working.has(orderId);
  }

  /** How long the tasks of these agents may take before somebody looks whether anybody is at them, in microseconds. */
  async dueIn(agentIds: readonly string[]): Promise<bigint> {
    const { agents, taskTimeoutMs, settleMarginMs } = this.#options;
    const found = await Promise.all([...new Set(agentIds)].map((id) => agents.find(id)));
    const callMs = Math.max(...found.map((agent) => agent?.timeoutMs ?? taskTimeoutMs));
    return micros(callMs + settleMarginMs + SLACK_MS);
  }

  /** Does the tasks of an order that wait. Settles when none waits any more, or this node can do nothing about it now. Never rejects. */
  work(orderId: string): Promise<void> {
    const working = this.#working.get(orderId) ?? this.#work(orderId).finally(() => this.#working.delete(orderId));
    this.#working.set(orderId, working);
    return working;
  }

  async #work(orderId: string): Promise<void> {
    const { store, log } = this.#options;
    try {
      const order = await store.find(orderId);
      if (!order) return;
      const waiting = order.runs.filter(({ state }) => state === "waiting");
      let isLeft = false;
      await Promise.all(
        Array.from({ length: Math.min(AT_ONCE, waiting.length) }, async () => {
          for (let run = waiting.shift(); run && !this.#isStopped; run = waiting.shift()) {
            if (!(await this.#run(order, run))) isLeft = true;
            else if (waiting.length > 0) await store.conclude(orderId, { isWaitOver: false });
          }
        }),
      );
      if (this.#isStopped) return;
      if (isLeft) await store.postpone(orderId, micros(AGAIN_MS));
      else await store.conclude(orderId, { isWaitOver: false });
    } catch (error) {
      log.warn({ err: error, orderId }, "an order's tasks could not be worked on; they are taken up again");
    }
  }

  /** @returns whether it is known what came of it */
  async #run(order: Order, run: Run): Promise<boolean> {
    const { store, pipeline, clock } = this.#options;
    while (!this.#isStopped) {
      await store.postpone(order.id, await this.dueIn([run.agentId]));
      try {
        const call = await pipeline.start(this.#requestFor(order, run));
        await call.answer;
        // Where the payer was gone, nothing was paid and nothing is kept.
        await store.failed(run, NOBODY_PAID);
        return true;
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        // What was cut off with the calls of a node that stops says nothing of the agent.
        if (this.#isStopped) return false;
        const isPatient = clock.now() * 1000 - Number(order.createdAt) < PATIENCE_MS * 1000;
        if (error.status === 429 && isPatient) {
          await new Promise<void>((resolve) => clock.after(waitMs(error), resolve));
        } else if (isPassing(error)) {
          // Another attempt is at it, or the ledger is away: whoever looks next finds out.
          return false;
        } else {
          await store.failed(run, failureOf(error));
          return true;
        }
      }
    }
    return false;
  }

  #requestFor(order: Order, run: Run): TaskRequest {
    const { terms } = order;
    const { pricePerTask } = terms.lines.find(({ id }) => id === run.line)!;
    const body = inputOf(order, run);
    return {
      agentId: run.agentId,
      bearer: undefined,
      payerKey: undefined,
      clientIp: terms.clientIp,
      requestId: terms.requestId,
      traceparent: terms.traceparent,
      tracestate: terms.tracestate,
      chain: terms.chain,
      // No header holds a blank: no caller's own key is this.
      idempotencyKey: `ucp run ${run.id}`,
      entrance: "ucp",
      task: JSON.parse(body),
      body,
      purchase: {
        payerOrgId: terms.payerOrgId,
        price: pricePerTask,
        key: terms.key,
        reference: { checkout_id: order.checkoutId, order_id: order.id },
        settled: (done) => this.#options.store.settled(run, order.id, done),
      },
    };
  }

  async #resume(): Promise<void> {
    const { store, clock, log, taskTimeoutMs, settleMarginMs } = this.#options;
    try {
      const room = RESUMED_MAX - this.#working.size;
      const orders = room > 0 ? await store.takeDue(room, micros(taskTimeoutMs + settleMarginMs + SLACK_MS)) : [];
      for (const orderId of orders) if (!this.#isStopped) void this.work(orderId);
    } catch (error) {
      if (!this.#isStopped) log.warn({ err: error }, "cannot read which tasks of orders wait");
    }
    if (!this.#isStopped) this.#cancelPoll = clock.after(POLL_MS, () => void this.#resume());
  }
}

/** What says nothing about the agent or the buyer: it will be another time. */
const isPassing = ({ status, code }: Problem): boolean =>
  (status === 503 && !code.startsWith("agent_")) ||
  status === 429 ||
  (status === 409 && code.startsWith("idempotency_"));

const waitMs = ({ headers }: Problem): number => Math.min(60, Math.max(1, Number(headers["retry-after"]) || 1)) * 1000;

/** What came of a task, in the words of a checkout. */
function failureOf({ status, code, message }: Problem): Failure {
  return {
    status,
    message: recoverable(codeOf(status, code), `${message}. Nothing was charged; complete it again to retry`),
  };
}

function codeOf(status: number, code: string): string {
  if (status === 402) return "payment_failed";
  if (status === 404 || status === 401) return "item_unavailable";
  if (status === 429) return "rate_limited";
  return code === "agent_connect_error" ? "agent_unavailable" : "task_failed";
}

const NOBODY_PAID: Failure = {
  status: 402,
  message: recoverable(
    "payment_failed",
    "The organization that pays was gone when the agent had answered; nothing was charged",
  ),
};
