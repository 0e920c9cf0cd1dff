import { formatMicroDollars, type MicroDollars, microDollarsToJson, microDollarsToNumber } from "@agentgate/protocol";
import { z } from "zod";
import { actions } from "../access/index.ts";
import type { Agent, AgentRegistry, AgentsForSale } from "../agents/index.ts";
import {
  isJsonObject,
  linkNext,
  notFound,
  Problem,
  type RouteDefinition,
  reserialize,
  route,
  uuid,
} from "../http/index.ts";
import { type Idempotency, idempotencyHeader } from "../idempotency/index.ts";
import type { Ledger } from "../ledger/index.ts";
import type { OrgRegistry } from "../orgs/index.ts";
import { type Random, renderTimestamp } from "../runtime/index.ts";
import { type Buyers, orgIdOf } from "./buyer.ts";
import { totalOf } from "./checkout.ts";
import type { Checkouts, Seen } from "./checkouts.ts";
import { circumstancesOf } from "./circumstances.ts";
import { isForSale } from "./line-items.ts";
import { productIdOf } from "./offer.ts";
import { once } from "./once.ts";
import { isCanceled } from "./order.ts";
import type { OrderStore } from "./order-store.ts";
import { CATEGORY, CURRENCY } from "./product.ts";
import { renderJson } from "./raw-json.ts";
import { INSUFFICIENT } from "./readiness.ts";
import { BODY_BYTES_MAX, ucpTag as tag } from "./ucp-route.ts";
import { currentVersion, SHOPPING } from "./versions.ts";

export interface LegacyRoutesOptions {
  forSale: AgentsForSale;
  agents: Pick<AgentRegistry, "find">;
  checkouts: Checkouts;
  orders: OrderStore;
  buyers: Buyers;
  idempotency: Idempotency;
  ledger: Ledger;
  orgs: Pick<OrgRegistry, "find">;
  random: Random;
  publicUrl(): string;
  /** How long a task may take. */
  taskTimeoutMs: number;
}

const PRODUCTS_MAX = 1_000;
/** What is done before and after a task. */
const SLACK_MS = 5_000;

const after = z
  .string()
  .max(2_000)
  .regex(/^\d{1,18}-[\w-]*$/, { error: "Take this from the Link header of the page before" })
  .optional()
  .describe("Where the page before ended, as its Link header says");
const placeOf = (text: string) => {
  const [seq = "", name = ""] = text.split(/-(.*)/s);
  return { seq: BigInt(seq), name: Buffer.from(name, "base64url").toString().replaceAll("\0", "") };
};
const placeText = ({ seq, name }: { seq: bigint; name: string }) => `${seq}-${Buffer.from(name).toString("base64url")}`;

const wireUcp = { version: z.string(), capability: z.string() };
const wireCatalog = z
  .object({
    ucp: z.object(wireUcp),
    products: z.array(
      z.object({
        id: z.uuid(),
        name: z.string(),
        description: z.string(),
        price: z.object({ amount: z.number(), currency: z.string(), unit: z.string() }),
        category: z.string(),
        tags: z.array(z.string()),
        url: z.string(),
      }),
    ),
    total: z.int(),
  })
  .meta({ id: "UcpLegacyCatalog" });
const wireSession = z
  .object({
    session_id: z.uuid(),
    status: z.enum(["pending", "insufficient_funds", "processing", "completed", "failed", "canceled"]),
    agent_id: z.uuid(),
    agent_name: z.string(),
    amount: z.number(),
    currency: z.string(),
    payer_org_id: z.uuid().nullable(),
    payer_org_name: z.string().nullable(),
    payer_balance: z.number().nullable(),
    task: z.unknown(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
    ucp: z.object(wireUcp),
    error: z.string().optional(),
    transaction_id: z.string().nullable().optional(),
    fee: z.number().optional(),
    net: z.number().optional(),
    payer_new_balance: z.number().nullable().optional(),
    result: z.unknown().optional(),
  })
  .meta({ id: "UcpLegacySession", description: "A checkout of one task" });

const task = z.custom<Record<string, unknown>>(isJsonObject, { error: "A task is a JSON object" }).meta({
  type: "object",
  additionalProperties: true,
});
const creation = z.looseObject({ agent_id: uuid(), task }).meta({ id: "UcpLegacyCheckout" });
const params = z.object({ id: uuid() });

/** The simple routes of the guide: a thin face on the same sessions, orders and ledger. */
export function legacyRoutes(options: LegacyRoutesOptions): RouteDefinition[] {
  const { forSale, agents, checkouts, buyers, idempotency, random, publicUrl, taskTimeoutMs } = options;
  const view = new SessionView(options);
  const common = { action: actions.openCheckouts, readsKey: true, tag } as const;
  const refusals = {
    401: { description: "The key is nobody's, or one is needed" },
    402: { description: "The wallet has too little" },
    404: { description: "No such agent or session, or it is not yours" },
  };
  const agentToSell = async (id: string): Promise<Agent> => {
    const agent = await agents.find(id);
    if (!agent) throw notFound("Agent");
    if (agent.pricePerTask === 0n) {
      throw new Problem(400, "This agent is free: send it tasks without a checkout", { code: "agent_is_free" });
    }
    if (!isForSale(agent)) {
      throw new Problem(
        401,
        "Invalid or missing agent API key: this agent has one of its own; send it tasks at its own route",
        {
          code: "invalid_agent_key",
        },
      );
    }
    return agent;
  };
  return [
    route({
      method: "GET",
      action: actions.readCatalog,
      tag,
      path: "/ucp/catalog",
      operationId: "listUcpProducts",
      summary: "List the agents that are for sale, by name",
      description: `At most ${PRODUCTS_MAX}; \`Link\` with \`rel="next"\` says where they go on.`,
      query: z.object({ after }),
      responses: { 200: { description: "Agents with their prices", schema: wireCatalog } },
      handler: async ({ query, request, reply }) => {
        const page = { limit: PRODUCTS_MAX, ...(query.after !== undefined && { after: placeOf(query.after) }) };
        const { agents: sold, next } = await forSale.list(page);
        if (next) linkNext(request, reply, { after: placeText(next) });
        return {
          ucp: { version: currentVersion, capability: `${SHOPPING}.catalog` },
          products: sold.map(({ id, name, description, pricePerTask, tags }) => ({
            id,
            name,
            description,
            price: { amount: microDollarsToNumber(pricePerTask), currency: CURRENCY, unit: "per_task" },
            category: CATEGORY,
            tags,
            url: `${publicUrl()}/agents/${id}`,
          })),
          total: await forSale.count(),
        };
      },
    }),
    route({
      ...common,
      method: "POST",
      path: "/ucp/checkout",
      operationId: "createCheckout",
      summary: "Make a checkout for one task of an agent",
      description: "The price stays as it is now. The organization of the key pays when it is completed.",
      headers: z.object(idempotencyHeader),
      body: creation,
      bodyExample: {
        agent_id: "6f0a2a0e-5f0b-4d0a-9c3e-3b1d2c4e5f60",
        task: { id: "t1", message: { parts: [{ type: "text", text: "hello" }] } },
      },
      keepBodyText: true,
      bodyBytesMax: BODY_BYTES_MAX,
      responses: {
        200: { description: "The session", schema: wireSession },
        ...refusals,
        400: { description: "The agent is free" },
        409: { description: "A request with this Idempotency-Key is still under way" },
        429: { description: "Too many open checkouts" },
      },
      handler: async ({ body, bodyText, request, reply }) => {
        const buyer = await buyers.of(request);
        const answer = await once(idempotency, { request, reply, buyer, operation: "checkout", bodyText }, async () => {
          const agent = await agentToSell(body.agent_id);
          const { pricePerTask } = agent;
          if (buyer.orgId !== undefined) await view.demandFunds(buyer.orgId, pricePerTask, agent.name);
          const line = {
            id: random.uuid(),
            itemId: `${productIdOf(agent)}:task`,
            agentId: agent.id,
            title: agent.name,
            tasks: 1,
            quantity: 1,
            pricePerTask,
            cents: centsUp(pricePerTask),
            inputs: [reserialize(body, bodyText, "task")],
          };
          return { status: 200, body: await view.of(await checkouts.insert(buyer, [line], {})) };
        });
        reply.header("content-type", "application/json");
        return answer.body;
      },
    }),
    route({
      ...common,
      method: "GET",
      path: "/ucp/checkout/{id}",
      operationId: "getCheckout",
      summary: "Get the status of a checkout",
      description: "For the organization that pays, and the admin.",
      params,
      responses: { 200: { description: "The session", schema: wireSession }, 401: refusals[401], 404: refusals[404] },
      handler: async ({ params: { id }, request, reply }) => {
        const seen = await checkouts.get(id, await buyers.of(request));
        if (!seen) throw notFound("Checkout session");
        reply.header("content-type", "application/json");
        return view.of(seen);
      },
    }),
    route({
      ...common,
      method: "POST",
      path: "/ucp/checkout/{id}/complete",
      operationId: "completeCheckout",
      summary: "Complete a checkout: have the task done, and pay for it",
      description:
        "Answers when the agent has. If it fails, nothing is charged, and the checkout can be completed again. Hanging up changes nothing.",
      params,
      headers: z.object(idempotencyHeader),
      responses: {
        200: { description: "The session, with the agent's answer", schema: wireSession },
        ...refusals,
        400: { description: "It is completed, canceled or expired already" },
        409: { description: "A request with this Idempotency-Key, or another change, is still under way" },
        429: { description: "Too many requests" },
        502: { description: "The agent cannot be reached, or answered an error or nothing usable" },
        503: { description: "The agent has too many calls under way" },
        504: { description: "The agent took too long" },
        508: { description: "Agents call each other in a loop" },
      },
      handler: async ({ params: { id }, request, reply }) => {
        const buyer = await buyers.of(request);
        const before = await checkouts.get(id, buyer);
        if (!before) throw notFound("Checkout session");
        const timeouts = await Promise.all(
          before.checkout.lines.map(async ({ agentId }) => (await agents.find(agentId))?.timeoutMs ?? taskTimeoutMs),
        );
        const waitMs = Math.max(...timeouts) + SLACK_MS;
        const operation = `complete-checkout ${id}`;
        const asked = { request, reply, buyer, operation, bodyText: "", leaseMs: waitMs + SLACK_MS };
        const answer = await once(idempotency, asked, async () => {
          demandOpen(before);
          const seen = await checkouts.complete(id, buyer, circumstancesOf(request), waitMs);
          if (!seen) throw notFound("Checkout session");
          demandDone(seen, view);
          return { status: 200, body: await view.of(seen) };
        });
        reply.header("content-type", "application/json");
        return answer.body;
      },
    }),
  ];
}

const demandOpen = ({ status, checkout, order }: Seen): void => {
  const isRetried = order !== undefined && isCanceled(order);
  const isOver = (status === "completed" && !isRetried) || status === "canceled";
  if (!isOver) return;
  const what = status === "completed" ? "completed already" : checkout.phase === "canceled" ? "canceled" : "expired";
  throw new Problem(400, `The checkout session is ${what}`, { code: "checkout_over" });
};

/** What kept a completion from being done, as the task's own route would say it. */
function demandDone({ checkout, messages, status, available }: Seen, view: SessionView): void {
  if (status === "completed" || status === "complete_in_progress") return;
  if (messages.some(({ code }) => code === INSUFFICIENT)) {
    throw view.insufficient(available ?? 0n, totalOf(checkout.lines), checkout.lines[0]?.title ?? "");
  }
  const { failure } = checkout;
  const [first] = messages;
  const content = failure?.message.content ?? first?.content ?? "The checkout cannot be completed";
  throw new Problem(failure?.status ?? 400, content, { code: failure?.message.code ?? first?.code ?? "incomplete" });
}

const MICROS_PER_CENT = 10_000n;
/** For the other face, which knows no smaller unit; what is charged is the price itself. */
const centsUp = (price: MicroDollars): number => Number((price + MICROS_PER_CENT - 1n) / MICROS_PER_CENT);

/** Sessions in the words of the guide's routes. */
class SessionView {
  readonly #options: LegacyRoutesOptions;

  constructor(options: LegacyRoutesOptions) {
    this.#options = options;
  }

  async of({ checkout, order, status, messages, available }: Seen): Promise<string> {
    const { orgs, random, orders, ledger } = this.#options;
    const { id, owner, lines, failure, createdAt, updatedAt } = checkout;
    const [line] = lines;
    const payer = orgIdOf(owner);
    const run = order?.runs[0];
    const transaction = run?.transactionId ? await ledger.queries.transaction(run.transactionId) : undefined;
    const result = order && run ? await orders.result(order.id, run.position) : undefined;
    const task = line?.inputs[0];
    const failed = run?.state === "failed" ? run.error : failure;
    const payerName = payer === undefined ? null : ((await orgs.find(payer))?.name ?? null);
    return renderJson(random, (raw) => ({
      session_id: id,
      status: statusOf(status, failed !== null && failed !== undefined, messages),
      agent_id: line?.agentId,
      agent_name: line?.title,
      amount: microDollarsToJson(totalOf(lines)),
      currency: CURRENCY,
      payer_org_id: payer ?? null,
      payer_org_name: payerName,
      payer_balance: available === null ? null : microDollarsToJson(available),
      task: task === undefined ? null : raw(task),
      created_at: renderTimestamp(createdAt),
      updated_at: renderTimestamp(updatedAt),
      ucp: { version: currentVersion, capability: `${SHOPPING}.checkout` },
      ...(failed && { error: failed.message.content }),
      ...(transaction && {
        transaction_id: transaction.id,
        fee: microDollarsToNumber(transaction.fee),
        net: microDollarsToNumber(transaction.net),
        payer_new_balance: available === null ? null : microDollarsToJson(available),
      }),
      ...(result !== undefined && { result: raw(result) }),
    }));
  }

  async demandFunds(orgId: string, price: MicroDollars, agentName: string): Promise<void> {
    const { available } = await this.#options.ledger.queries.balance(orgId);
    if (available < price) throw this.insufficient(available, price, agentName);
  }

  insufficient(has: MicroDollars, needs: MicroDollars, agentName: string): Problem {
    const detail = `Insufficient balance: ${formatMicroDollars(has)} < ${formatMicroDollars(needs)} (agent: ${agentName})`;
    return new Problem(402, detail, { code: "insufficient_balance" });
  }
}

function statusOf(status: Seen["status"], isFailed: boolean, messages: Seen["messages"]): string {
  if (isFailed) return "failed";
  if (status === "complete_in_progress") return "processing";
  if (status === "completed" || status === "canceled") return status;
  return messages.some(({ code }) => code === INSUFFICIENT) ? "insufficient_funds" : "pending";
}
