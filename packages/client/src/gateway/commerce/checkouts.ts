import type * as wire from "@agentgate/protocol";
import { at, type CallOptions, GatewayRoom } from "../http/index.ts";
import { type TaskExtras, type TaskInput, toTask } from "../tasks/index.ts";

export interface CheckoutOptions extends CallOptions {
  /** A repetition with the same key and body gets the first answer again. */
  idempotencyKey?: string | undefined;
}

export interface NewCheckoutOptions extends CheckoutOptions, TaskExtras {}

/** Buying a task as the guide has it: make a checkout, complete it. */
export abstract class CheckoutCalls extends GatewayRoom {
  /** The agents that are for sale, by name; the first thousand of them. */
  getUcpCatalog(call?: CallOptions): Promise<wire.UcpCatalog> {
    return this.http.json({ path: "/ucp/catalog", ...call });
  }

  /** All agents that are for sale, each as it is taken. */
  ucpProducts(call?: CallOptions): AsyncGenerator<wire.UcpProduct, void> {
    return this.http.each({ path: "/ucp/catalog", ...call }, "products");
  }

  /** Makes a checkout for one task, whose price stays as it is now. Nothing is done or paid before it is completed. */
  async createCheckout(
    agentId: string,
    task: TaskInput,
    { idempotencyKey, files, skill, contextId, taskId, ...call }: NewCheckoutOptions = {},
  ): Promise<wire.CheckoutSession> {
    const headers = { "idempotency-key": idempotencyKey };
    const body = { agent_id: agentId, task: await toTask(task, { files, skill, contextId, taskId }) };
    return this.http.json({ method: "POST", path: "/ucp/checkout", body, headers, once: true, ...call });
  }

  getCheckout<Answer = unknown>(id: string, call?: CallOptions): Promise<wire.CheckoutSession<Answer>> {
    return this.http.json({ path: at`/ucp/checkout/${id}`, ...call });
  }

  /** Has the task of a checkout done, and pays for it, once however often it is asked for. One that failed may be completed again. */
  completeCheckout<Answer = unknown>(
    id: string,
    { idempotencyKey, ...call }: CheckoutOptions = {},
  ): Promise<wire.CheckoutSession<Answer>> {
    const headers = { "idempotency-key": idempotencyKey };
    return this.http.json({ method: "POST", path: at`/ucp/checkout/${id}/complete`, headers, once: true, ...call });
  }
}
