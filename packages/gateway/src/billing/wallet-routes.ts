import {
  MICRO_DOLLARS_MAX,
  type MicroDollars,
  microDollarsFromNumber,
  microDollarsToJson,
  microDollarsToNumber,
  type Tier,
  tierLimits,
} from "@agentgate/protocol";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { actions, may, scopeOf } from "../access/index.ts";
import type { AgentRegistry } from "../agents/index.ts";
import { type AuditedChange, type AuditLog, asMoney, byCaller } from "../audit/index.ts";
import { idParams, numeric, type Principal, Problem, type RouteDefinition, route } from "../http/index.ts";
import { type Idempotency, idempotencyHeader, idempotencyKeyOf } from "../idempotency/index.ts";
import { isLedgerError, type Ledger, LedgerError, topup } from "../ledger/index.ts";
import { type Org, type OrgRegistry, orgRefusals, wireTier } from "../orgs/index.ts";
import type { Announcer } from "../webhooks/index.ts";
import type { TopupMode } from "./settings.ts";
import { walletsTag as tag } from "./tags.ts";

export interface WalletFaceOptions {
  orgs: OrgRegistry;
  agents: AgentRegistry;
  ledger: Ledger;
  idempotency: Idempotency;
  announcer: Pick<Announcer, "audienceOf" | "statementsFor">;
  auditLog: AuditLog;
  topupMode: TopupMode;
}

const orgFields = { org_id: z.uuid(), org_name: z.string() };
const wireTierLimits = z
  .object({
    max_agents: z.int(),
    rate_limit: z.number(),
    rate_burst: z.int(),
    fee_pct: z.number(),
  })
  .meta({ id: "TierLimits" });
const wireWallet = z
  .object({
    ...orgFields,
    balance: z.number(),
    held: z.number(),
    available: z.number(),
    tier: wireTier,
    tier_limits: wireTierLimits,
    agent_count: z.int(),
    max_agents: z.int(),
    topup: z
      .enum(["open", "admin", "provider"])
      .describe("How whoever asks puts money in: at once, by the admin alone, or through a payment provider"),
  })
  .meta({ id: "Wallet" });
const wireTopup = z.object({ ...orgFields, amount_added: z.number(), new_balance: z.number() }).meta({ id: "Topup" });
const wirePendingTopup = z
  .object({
    ...orgFields,
    amount: z.number(),
    checkout_url: z.string(),
    status: z.literal("pending"),
  })
  .meta({ id: "PendingTopup" });
const wireTierChange = z
  .object({
    ...orgFields,
    old_tier: wireTier,
    new_tier: wireTier,
    tier_limits: wireTierLimits,
  })
  .meta({ id: "TierChange" });

const newTopup = z.object({ amount: numeric(z.number()).describe("US dollars") }).meta({ id: "NewTopup" });
/** Any text: a tier that there is not has an answer of its own. */
const tierChoice = z.object({ tier: z.string().max(100) }).meta({ id: "TierChoice" });

/** How long a topup may take before its Idempotency-Key may be tried again. */
const TOPUP_LEASE_MS = 30_000;

/** An organization's wallet and tier (contract section 6). */
export function walletRoutes(options: WalletFaceOptions): RouteDefinition[] {
  const { orgs, agents, ledger } = options;
  return [
    route({
      method: "GET",
      path: "/orgs/{id}/wallet",
      action: actions.readWallet,
      tag,
      operationId: "getOrgWallet",
      summary: "Get an organization's wallet",
      description: "What it has, what calls under way hold of it, and what its tier allows.",
      params: idParams,
      responses: {
        200: {
          description: "`balance` is all money, `held` what calls under way have put aside, `available` the rest",
          schema: wireWallet,
        },
        ...orgRefusals,
      },
      handler: async ({ params, caller }) => {
        const org = await orgs.get(params.id, caller, actions.readWallet);
        const [balance, agentCount] = await Promise.all([ledger.queries.balance(org.id), agents.countOfOrg(org.id)]);
        return {
          ...named(org),
          balance: microDollarsToJson(balance.posted),
          held: microDollarsToJson(balance.held),
          available: microDollarsToJson(balance.available),
          tier: org.tier,
          tier_limits: tierLimits[org.tier],
          agent_count: agentCount,
          max_agents: tierLimits[org.tier].max_agents,
          topup: may(caller, actions.creditWallet) ? ("open" as const) : options.topupMode.kind,
        };
      },
    }),
    route({
      method: "POST",
      path: "/orgs/{id}/topup",
      action: actions.topUpWallet,
      tag,
      operationId: "topupOrg",
      summary: "Put money into an organization's wallet",
      description:
        "Who may do so is a setting: anybody with the organization's key (`open`), the admin (`admin`), or a payment provider, " +
        "whose checkout the answer names (`provider`). An `Idempotency-Key` makes a repetition harmless.",
      params: idParams,
      headers: z.object(idempotencyHeader),
      body: newTopup,
      bodyExample: { amount: 100 },
      responses: {
        200: {
          description: "The money is there",
          schema: wireTopup,
        },
        202: {
          description: "The money comes with the payment at `checkout_url`",
          schema: wirePendingTopup,
        },
        400: { description: "The amount is not positive" },
        409: { description: "A request with this Idempotency-Key is still under way" },
        ...orgRefusals,
        503: { description: "The ledger cannot answer" },
      },
      handler: async ({ params, body, caller, request, reply }) => {
        const org = await orgs.get(params.id, caller, actions.topUpWallet);
        const amount = positiveAmount(body.amount);
        const mayCredit = may(caller, actions.creditWallet);
        if (!mayCredit && options.topupMode.kind === "provider") {
          reply.code(202);
          return checkout(org, amount, options.topupMode.checkoutUrl);
        }
        if (!mayCredit && options.topupMode.kind === "admin") {
          throw new Problem(403, "Topups are made by the admin of this gateway", { code: "topup_not_open" });
        }
        const answer = await credit(options, org, amount, caller, request);
        reply.headers(answer.headers);
        return answer.body;
      },
    }),
    route({
      method: "POST",
      path: "/orgs/{id}/tier",
      action: actions.writeOrgs,
      tag,
      operationId: "changeOrgTier",
      summary: "Change an organization's tier",
      description: "Fees and limits are the new tier's from then on; limits that were set by hand stay.",
      params: idParams,
      body: tierChoice,
      bodyExample: { tier: "pro" },
      responses: {
        200: {
          description: "The tier is changed",
          schema: wireTierChange,
        },
        400: { description: "No such tier, or it is the organization's already" },
        ...orgRefusals,
      },
      handler: async ({ params, body, caller, request }) => {
        const { before, after } = await orgs.changeTier(params.id, body.tier, byCaller(caller, request));
        return {
          ...named(after),
          old_tier: before.tier,
          new_tier: after.tier,
          tier_limits: tierLimits[after.tier as Tier],
        };
      },
    }),
  ];
}

const named = ({ id, name }: Org) => ({ org_id: id, org_name: name });

function positiveAmount(amount: number): MicroDollars {
  const micros = Math.abs(amount) <= 4e9 ? microDollarsFromNumber(amount) : 0n;
  if (micros <= 0n)
    throw new Problem(400, "Amount must be a positive number of dollars, from 0.000001 to 4 billion", {
      code: "invalid_amount",
    });
  return micros;
}

function checkout(org: Org, amount: MicroDollars, template: string) {
  const dollars = microDollarsToNumber(amount);
  const url = template.replaceAll("{org_id}", org.id).replaceAll("{amount}", `${dollars}`);
  return { ...named(org), amount: dollars, checkout_url: url, status: "pending" as const };
}

const toppedUp = ({ id, name }: Org, amount: MicroDollars, balance: MicroDollars) => ({
  event: "wallet.topped_up" as const,
  orgId: id,
  fields: { org_name: name, amount: microDollarsToJson(amount), balance: microDollarsToJson(balance) },
});

/** What the audit log has of it. */
const walletToppedUp = ({ id, name }: Org, before: MicroDollars, after: MicroDollars): AuditedChange => ({
  action: "wallet.topped_up",
  orgId: id,
  target: { kind: "wallet", id, name },
  changes: [{ field: "balance", before: asMoney(before), after: asMoney(after) }],
});

/** Credits the wallet, once per Idempotency-Key. The answer is kept in the same transaction as the posting. */
async function credit(
  { announcer, auditLog, ledger, idempotency }: WalletFaceOptions,
  org: Org,
  amount: MicroDollars,
  caller: Principal,
  request: FastifyRequest,
): Promise<{ body: unknown; headers: Record<string, string> }> {
  const key = idempotencyKeyOf(request.headers["idempotency-key"]);
  const scope = scopeOf(caller);
  const payload = ["topup", org.id, `${amount}`];
  const begun =
    key === undefined ? undefined : await idempotency.begin({ scope, key, payload, leaseMs: TOPUP_LEASE_MS });
  if (begun && "replay" in begun) {
    return { body: JSON.parse(begun.replay.body), headers: { "idempotency-replayed": "true" } };
  }
  const { posted } = await ledger.queries.balance(org.id);
  if (posted + amount > MICRO_DOLLARS_MAX) {
    await begun?.abandon();
    throw new Problem(400, "Amount must be a positive number that keeps the wallet below 4 billion dollars", {
      code: "invalid_amount",
    });
  }
  const answerWith = (balance: MicroDollars) => ({
    ...named(org),
    amount_added: microDollarsToJson(amount),
    new_balance: microDollarsToJson(balance),
  });
  const stored = (balance: MicroDollars) => ({ status: 200, body: JSON.stringify(answerWith(balance)) });
  try {
    const posting = topup({ account: org.id, amount });
    const expected = posted + amount;
    const alongside = begun ? [begun.completion(stored(expected))] : [];
    // Whatever an earlier attempt at the same key did, the ledger credits it once.
    const once = begun && { key: `topup:${begun.operationId}` };
    const audience = await announcer.audienceOf({ orgId: org.id });
    const by = byCaller(caller, request);
    const watch = ({ before, after }: { before: MicroDollars; after: MicroDollars }) => [
      ...announcer.statementsFor([[audience, toppedUp(org, amount, after)]]),
      ...auditLog.statementsFor(by, walletToppedUp(org, before, after)),
    ];
    const { balance, replayed } = await ledger.post({ posting, alongside, watch, ...once });
    if (begun && (replayed || balance.posted !== expected)) await begun.complete(stored(balance.posted));
    return { body: answerWith(balance.posted), headers: {} };
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    const unknown = isLedgerError(error, "unavailable") && error.data.outcomeUnknown;
    if (!unknown) await begun?.abandon();
    throw new Problem(
      503,
      unknown
        ? "It is not certain whether the money was credited; see the wallet, or repeat the request with the same Idempotency-Key"
        : "The ledger cannot take the money right now; nothing was credited",
      { code: "ledger_unavailable", headers: { "retry-after": "1" } },
    );
  }
}
