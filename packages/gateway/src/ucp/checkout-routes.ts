import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { actions } from "../access/index.ts";
import { noteMiss, notFound, numeric, type RouteDefinition, text } from "../http/index.ts";
import { type Idempotency, idempotencyHeader } from "../idempotency/index.ts";
import type { Random } from "../runtime/index.ts";
import { type Buyer, type Buyers, orgIdOf } from "./buyer.ts";
import { checkoutView } from "./checkout-view.ts";
import type { Checkouts, Seen, Wanted } from "./checkouts.ts";
import { circumstancesOf } from "./circumstances.ts";
import { type ErrorMessage, errorResponse, type Negotiated, unrecoverable } from "./envelope.ts";
import { vendorNamesOf } from "./namespace.ts";
import type { Negotiation } from "./negotiation.ts";
import { type JsonAnswer, once } from "./once.ts";
import { renderJson } from "./raw-json.ts";
import { signedAnswer } from "./signing.ts";
import type { SigningKeys } from "./signing-keys.ts";
import { UCP_BASE, ucpHeaders, ucpRoute } from "./ucp-route.ts";
import { instrumentProblem, type TopupUrl } from "./wallet.ts";
import { wireCanceledCheckout, wireCheckout, wireError, wireMadeCheckout, wireUnmade } from "./wire.ts";

export interface CheckoutRoutesOptions {
  checkouts: Checkouts;
  buyers: Buyers;
  negotiation: Negotiation;
  idempotency: Idempotency;
  random: Random;
  publicUrl(): string;
  topupUrl: TopupUrl;
  keys: SigningKeys;
  /** How long a completion may take. */
  completionMs: number;
}

/** What is done before and after a request's own work. */
const SLACK_MS = 30_000;

const LINES_MAX = 20;
const QUANTITY_MAX = 100;
const PATH = `${UCP_BASE}/checkout-sessions`;
const NAME = /^[a-z][a-z0-9]*(?:\.[a-z][a-z0-9_]*)+$/;

const short = () => text().max(1_000);
const buyer = z.looseObject({
  first_name: short().optional(),
  last_name: short().optional(),
  email: short().optional(),
  phone_number: short().optional(),
});
const context = z.looseObject({
  address_country: short().optional(),
  address_region: short().optional(),
  postal_code: short().optional(),
  intent: short().optional(),
  language: short().optional(),
  currency: short().optional(),
  eligibility: z
    .array(z.string().regex(NAME))
    .max(50)
    .refine((names) => new Set(names).size === names.length, { error: "Each name once" })
    .optional(),
});
const remarks = {
  buyer: buyer.optional(),
  context: context.optional(),
  attribution: z.record(z.string(), short()).optional(),
  signals: z.record(z.string(), z.unknown()).optional(),
};
const line = {
  item: z.looseObject({ id: text().max(128) }),
  quantity: numeric(z.int().min(1).max(QUANTITY_MAX)),
};
const creation = z
  .looseObject({ line_items: z.array(z.looseObject(line)).min(1).max(LINES_MAX), ...remarks })
  .meta({ id: "UcpNewCheckout" });
const change = z
  .looseObject({
    line_items: z
      .array(z.looseObject({ ...line, id: text().max(128).optional() }))
      .min(1)
      .max(LINES_MAX),
    ...remarks,
  })
  .meta({ id: "UcpCheckoutChange" });
const completion = z
  .looseObject({
    payment: z.looseObject({
      instruments: z
        .array(
          z.looseObject({
            id: z.string().max(255),
            handler_id: z.string().max(255),
            type: z.string().max(255),
            selected: z.boolean().optional(),
          }),
        )
        .max(10),
    }),
    signals: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: "UcpCompletion" });

const params = z.object({ id: z.string() });
const headers = z.object({ ...ucpHeaders.shape, ...idempotencyHeader });
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const EXAMPLE_LINE = {
  item: { id: "agent_6f0a2a0e-5f0b-4d0a-9c3e-3b1d2c4e5f60:task" },
  quantity: 1,
  "com.example.gw.agent_task": { message: { role: "ROLE_USER", parts: [{ text: "Hello!" }] } },
};

/** The checkout's five operations (ucp.dev, shopping, checkout). */
export function checkoutRoutes(options: CheckoutRoutesOptions): RouteDefinition[] {
  const { checkouts, buyers, negotiation, idempotency, random, publicUrl, topupUrl, keys, completionMs } = options;
  const json = (status: number, value: unknown): JsonAnswer => ({ status, body: JSON.stringify(value) });
  const view = (seen: Seen, agreed: Negotiated, messages: ErrorMessage[] = []): string =>
    renderJson(random, (raw) =>
      checkoutView({ ...seen, messages: [...messages, ...seen.messages] }, agreed, { url: publicUrl(), topupUrl, raw }),
    );
  const shown = (request: FastifyRequest, seen: Seen | undefined, agreed: Negotiated): JsonAnswer => {
    if (seen) return { status: 200, body: view(seen, agreed) };
    noteMiss(request, notFound("Checkout"));
    return json(
      200,
      errorResponse(agreed, unrecoverable("not_found", "There is no such checkout, or it is not yours")),
    );
  };
  const wanted = (body: z.output<typeof change>): Wanted => {
    const { task } = vendorNamesOf(publicUrl());
    const { buyer, context, attribution } = body;
    return {
      lines: body.line_items.map(({ item, quantity, ...line }) => ({
        itemId: item.id,
        quantity,
        ...(typeof line.id === "string" && { id: line.id }),
        task: (line as Record<string, unknown>)[task],
      })),
      remarks: { ...(buyer && { buyer }), ...(context && { context }), ...(attribution && { attribution }) },
    };
  };
  const answer = (reply: FastifyReply, { status, body }: JsonAnswer): string => {
    reply.code(status).header("content-type", "application/json; charset=utf-8");
    return body;
  };
  interface Asked {
    request: FastifyRequest;
    reply: FastifyReply;
    operation: string;
    bodyText?: string;
  }
  /** Knows the caller and what is spoken before anything is repeated. */
  const handle = async (
    { request, reply, operation, bodyText = "" }: Asked,
    work: (buyer: Buyer, agreed: Negotiated) => Promise<JsonAnswer>,
  ): Promise<unknown> => {
    const buyer = await buyers.of(request);
    const agreed = await negotiation.of(request, "checkout", bodyText);
    if ("refused" in agreed) return agreed.refused;
    const does = () => work(buyer, agreed);
    if (request.method === "GET") return answer(reply, await does());
    const asked = { request, reply, buyer, operation, bodyText, leaseMs: completionMs + SLACK_MS };
    const given = await once(idempotency, asked, does);
    if (operation.startsWith("complete ")) reply.headers(await signedAnswer(keys, given));
    return answer(reply, given);
  };
  const idOf = (id: string) => (UUID.test(id) ? id : "");
  const responses = {
    200: { description: "The checkout, or that there is none", schema: z.union([wireCheckout, wireError]) },
  };
  return [
    ucpRoute({
      method: "POST",
      path: PATH,
      action: actions.openCheckouts,
      operationId: "createCheckoutSession",
      summary: "Make a checkout",
      description:
        "Takes items of the catalog, each with what its agent is to do; their prices stay as they are now. Without a key it is an offer, which " +
        "an organization takes over by its key.",
      headers,
      body: creation,
      bodyExample: { line_items: [EXAMPLE_LINE] },
      keepBodyText: true,
      responses: {
        201: { description: "The checkout", schema: wireMadeCheckout },
        200: { description: "Why none was made", schema: wireUnmade },
        409: { description: "The Idempotency-Key was used for something else, or is in use" },
      },
      handler: ({ body, bodyText, request, reply }) =>
        handle({ request, reply, operation: "create", bodyText }, async (buyer, agreed) => {
          const made = await checkouts.create(buyer, wanted(body));
          if ("problem" in made) return json(200, errorResponse(agreed, made.problem));
          return { status: 201, body: view(made, agreed) };
        }),
    }),
    ucpRoute({
      method: "GET",
      path: `${PATH}/{id}`,
      action: actions.openCheckouts,
      operationId: "getCheckoutSession",
      summary: "Get a checkout",
      description: "Says where it stands, and in `messages` what it lacks.",
      params,
      responses,
      handler: ({ params: { id }, request, reply }) =>
        handle({ request, reply, operation: "get" }, async (buyer, agreed) =>
          shown(request, await checkouts.get(idOf(id), buyer), agreed),
        ),
    }),
    ucpRoute({
      method: "PUT",
      path: `${PATH}/{id}`,
      action: actions.openCheckouts,
      operationId: "updateCheckoutSession",
      summary: "Change a checkout",
      description: "Takes the whole of what may be said; items that it had keep their prices.",
      params,
      headers,
      body: change,
      bodyExample: { line_items: [{ ...EXAMPLE_LINE, quantity: 2 }] },
      keepBodyText: true,
      responses: {
        ...responses,
        409: { description: "The Idempotency-Key was used for something else, or is in use" },
      },
      handler: ({ params: { id }, body, bodyText, request, reply }) =>
        handle({ request, reply, operation: `update ${id}`, bodyText }, async (buyer, agreed) =>
          shown(request, await checkouts.update(idOf(id), buyer, wanted(body)), agreed),
        ),
    }),
    ucpRoute({
      method: "POST",
      path: `${PATH}/{id}/complete`,
      action: actions.openCheckouts,
      operationId: "completeCheckoutSession",
      summary: "Complete a checkout: have its tasks done, and pay for them",
      description:
        "Takes the wallet as the checkout shows it. Hanging up changes nothing. Tasks that take longer than `AGENTGATE_UCP_WAIT_SECONDS` go on; " +
        "the order tells what came of them. If no task succeeds nothing is charged, and the checkout can be completed again.",
      params,
      headers,
      body: completion,
      bodyExample: {
        payment: {
          instruments: [
            { id: "wallet:6f0a2a0e-5f0b-4d0a-9c3e-3b1d2c4e5f60", handler_id: "gw_wallet", type: "wallet_balance" },
          ],
        },
      },
      keepBodyText: true,
      responses: {
        ...responses,
        409: { description: "The Idempotency-Key was used for something else, or is in use" },
      },
      handler: ({ params: { id }, body, bodyText, request, reply }) =>
        handle({ request, reply, operation: `complete ${id}`, bodyText }, async (buyer, agreed) => {
          const before = await checkouts.get(idOf(id), buyer);
          const payer = before && (orgIdOf(before.checkout.owner) ?? buyer.orgId);
          const problem = payer === undefined ? undefined : instrumentProblem(body.payment.instruments, payer);
          if (before && problem && before.checkout.phase === "open")
            return { status: 200, body: view(before, agreed, [problem]) };
          const circumstances = circumstancesOf(request, agreed);
          return shown(request, await checkouts.complete(idOf(id), buyer, circumstances), agreed);
        }),
    }),
    ucpRoute({
      method: "POST",
      path: `${PATH}/{id}/cancel`,
      action: actions.openCheckouts,
      operationId: "cancelCheckoutSession",
      summary: "Cancel a checkout",
      description: "One that is being completed cannot be canceled, nor can one that is over.",
      params,
      headers,
      responses: {
        200: {
          description: "The checkout, or that there is none",
          schema: z.union([wireCanceledCheckout, wireError]),
        },
        409: { description: "The Idempotency-Key was used for something else, or is in use" },
      },
      handler: ({ params: { id }, request, reply }) =>
        handle({ request, reply, operation: `cancel ${id}` }, async (buyer, agreed) =>
          shown(request, await checkouts.cancel(idOf(id), buyer), agreed),
        ),
    }),
  ];
}
