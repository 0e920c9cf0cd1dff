import { type MicroDollars, microDollarsToNumber, SKILL_META } from "@agentgate/protocol";
import { z } from "zod";
import { actions } from "../access/index.ts";
import {
  type Agent,
  type AgentRegistry,
  type AgentsForSale,
  knownOnes,
  priceOf,
  skillIdsOf,
  toWirePrices,
} from "../agents/index.ts";
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
import { notCallable, skillAskedOf } from "../routing/index.ts";
import type { Buyer, Buyers } from "./buyer.ts";
import type { Checkouts } from "./checkouts.ts";
import { circumstancesOf } from "./circumstances.ts";
import {
  demandDone,
  demandOpen,
  SessionView,
  type SessionViewOptions,
  wireNewSession,
  wireSession,
  wireUcp,
} from "./legacy-session.ts";
import { isForSale } from "./line-items.ts";
import { productIdOf } from "./offer.ts";
import { once } from "./once.ts";
import { CATEGORY, CURRENCY, soldName } from "./product.ts";
import { BODY_BYTES_MAX, ucpTag as tag } from "./ucp-route.ts";
import { currentVersion, SHOPPING } from "./versions.ts";

export interface LegacyRoutesOptions extends SessionViewOptions {
  forSale: AgentsForSale;
  agents: Pick<AgentRegistry, "find" | "seen">;
  checkouts: Checkouts;
  buyers: Buyers;
  idempotency: Idempotency;
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

const wireCatalog = z
  .object({
    ucp: z.object(wireUcp),
    products: z.array(
      z.object({
        id: z.uuid(),
        name: z.string(),
        description: z.string(),
        price: z.object({ amount: z.number(), currency: z.string(), unit: z.string() }),
        prices: z
          .record(z.string(), z.number())
          .optional()
          .describe("Of skills that have a price of their own, by id: of a task whose message names one"),
        category: z.string(),
        tags: z.array(z.string()),
        url: z.string(),
      }),
    ),
    total: z.int(),
  })
  .meta({ id: "UcpLegacyCatalog" });
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
  const agentToSell = async (id: string, { principal }: Buyer): Promise<Agent> => {
    const seen = await agents.seen(id, agents.find(id), principal);
    if (!seen) throw notFound("Agent");
    const { agent } = seen;
    if (!seen.mayCall) throw notCallable(agent);
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
      action: actions.browseCatalog,
      tag,
      path: "/ucp/catalog",
      operationId: "listUcpProducts",
      summary: "List the agents that are for sale, by name",
      description: `At most ${PRODUCTS_MAX}; \`Link\` with \`rel="next"\` says where they go on.`,
      query: z.object({ after }),
      responses: { 200: { description: "Agents with their prices", schema: wireCatalog } },
      handler: async ({ query, caller, request, reply }) => {
        const page = { limit: PRODUCTS_MAX, ...(query.after !== undefined && { after: placeOf(query.after) }) };
        const { agents: sold, next } = await forSale.list(page, caller);
        if (next) linkNext(request, reply, { after: placeText(next) });
        return {
          ucp: { version: currentVersion, capability: `${SHOPPING}.catalog` },
          products: sold.map(({ id, name, description, pricePerTask, prices, tags }) => ({
            id,
            name,
            description,
            price: { amount: microDollarsToNumber(pricePerTask), currency: CURRENCY, unit: "per_task" },
            ...(prices.size > 0 && { prices: toWirePrices(prices) }),
            category: CATEGORY,
            tags,
            url: `${publicUrl()}/agents/${id}`,
          })),
          total: await forSale.count(caller),
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
        200: { description: "The session", schema: wireNewSession },
        ...refusals,
        400: { description: "The agent is free" },
        409: { description: "A request with this Idempotency-Key is still under way" },
        429: { description: "Too many open checkouts" },
      },
      handler: async ({ body, bodyText, request, reply }) => {
        const buyer = await buyers.of(request);
        const answer = await once(idempotency, { request, reply, buyer, operation: "checkout", bodyText }, async () => {
          const agent = await agentToSell(body.agent_id, buyer);
          const skill = skillToSell(agent, body.task);
          const pricePerTask = priceOf(agent, skill);
          if (pricePerTask === 0n) throw skillIsFree(skill!);
          if (buyer.orgId !== undefined) await view.demandFunds(buyer.orgId, pricePerTask, agent.name);
          const line = {
            id: random.uuid(),
            itemId: `${productIdOf(agent)}:task`,
            agentId: agent.id,
            skill,
            title: soldName(agent, skill),
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
        if (!seen) throw noSession();
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
        if (!before) throw noSession();
        const timeouts = await Promise.all(
          before.checkout.lines.map(async ({ agentId }) => (await agents.find(agentId))?.timeoutMs ?? taskTimeoutMs),
        );
        const waitMs = Math.max(...timeouts) + SLACK_MS;
        const operation = `complete-checkout ${id}`;
        const asked = { request, reply, buyer, operation, bodyText: "", leaseMs: waitMs + SLACK_MS };
        const answer = await once(idempotency, asked, async () => {
          demandOpen(before);
          const seen = await checkouts.complete(id, buyer, circumstancesOf(request), waitMs);
          if (!seen) throw noSession();
          demandDone(seen, view);
          return { status: 200, body: await view.of(seen) };
        });
        reply.header("content-type", "application/json");
        return answer.body;
      },
    }),
  ];
}

/** Whatever there is of it: nobody learns by an id what another has bought. */
const noSession = () =>
  new Problem(
    404,
    "Checkout session not found; one that was made with an organization's key is shown to that key alone",
  );

/** The skill that a task is for. @throws Problem 422 for one that the agent does not have */
function skillToSell(agent: Agent, task: Record<string, unknown>): string | undefined {
  const skill = skillAskedOf(agent, task);
  if (skill === undefined) return undefined;
  const ids = skillIdsOf(agent);
  if (ids.has(skill)) return skill;
  const loc = ["body", "task", "message", "metadata", SKILL_META];
  const msg = `Agent ${agent.name} has no skill ${skill.slice(0, 64)}; ${knownOnes(ids)}`;
  throw new Problem(422, [{ type: "value_error", loc, msg }], { code: "unknown_skill" });
}

const skillIsFree = (skill: string) =>
  new Problem(400, `The skill ${skill} is free: send its tasks without a checkout`, { code: "agent_is_free" });

const MICROS_PER_CENT = 10_000n;
/** For the other face, which knows no smaller unit; what is charged is the price itself. */
const centsUp = (price: MicroDollars): number => Number((price + MICROS_PER_CENT - 1n) / MICROS_PER_CENT);
