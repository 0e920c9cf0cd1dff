import { tiers } from "@agentgate/protocol";
import { z } from "zod";
import { headerKey, money, numeric, text, withDefault } from "../http/index.ts";

const name = text().min(1).max(255);
const rateLimit = numeric(z.number().positive().max(1_000_000)).describe("Task requests per second");
const rateBurst = numeric(z.int().min(1).max(1_000_000)).describe("Task requests at once");
const walletLow = money().describe("When the wallet falls below, the webhook `wallet.low` is told; 0 is never");
/** The name of a tier as answered, for the documentation. */
export const wireTier = z.enum(tiers).meta({ id: "Tier" });

/** Body of `POST /orgs/` (contract section 6). */
export const orgCreation = z
  .object({
    name,
    api_key: headerKey().min(8).max(512).nullish().describe("Minted and returned once when absent"),
    cost_per_invocation: withDefault(money(), 1_000n),
    billing_alert_threshold: withDefault(money().nullable(), null),
    wallet_low_threshold: walletLow.nullish(),
    rate_limit: withDefault(rateLimit.nullable(), null),
    rate_burst: withDefault(rateBurst.nullable(), null),
    tier: withDefault(wireTier, "free"),
  })
  .meta({ id: "NewOrg" });

/** Body of `PUT /orgs/{id}`: null and absent leave a field as it is. */
export const orgUpdate = z
  .object({
    name: name.nullish(),
    cost_per_invocation: money().nullish(),
    billing_alert_threshold: money().nullish(),
    wallet_low_threshold: walletLow.nullish(),
    rate_limit: rateLimit.nullish(),
    rate_burst: rateBurst.nullish(),
    tier: wireTier.nullish(),
  })
  .meta({ id: "OrgChanges" });

/** How the routes of one organization refuse a caller, for the documentation. */
export const orgRefusals = {
  403: { description: "Another organization's key" },
  404: { description: "No such organization" },
};

export const wireOrg = z
  .object({
    id: z.uuid(),
    name: z.string(),
    cost_per_invocation: z.number(),
    billing_alert_threshold: z.number().nullable(),
    wallet_low_threshold: z
      .number()
      .nullable()
      .describe("US dollars; `wallet.low` is told when the wallet falls below"),
    rate_limit: z.number(),
    rate_burst: z.number(),
    balance: z.number(),
    tier: wireTier,
    created_at: z.iso.datetime(),
  })
  .meta({ id: "Org" });

/** An organization in a list. */
export const wireListedOrg = wireOrg
  .extend({ agents: z.int().optional().describe("How many agents it has; with `include=agents`") })
  .meta({ id: "ListedOrg" });

/** The organization of the key in use, and on which side of a rotation that is not confirmed the key stands. */
export const wireMyOrg = wireOrg
  .extend({ pending_rotation: z.object({ this_key: z.enum(["old", "new"]) }).optional() })
  .meta({ id: "MyOrg" });

/** An organization just made: with its key, when it brought none. */
export const wireCreatedOrg = wireOrg.extend({ api_key: z.string().optional() }).meta({ id: "CreatedOrg" });
