import { isIP } from "node:net";
import { z } from "zod";
import { adminScopes, orgScopes } from "../access/index.ts";
import { money, numeric, text, uuid, withDefault } from "../http/index.ts";
import { ALL_SCOPES } from "./key.ts";

/** What a key may hold. */
export const keyLimits = {
  name: 255,
  agents: 100,
  alerts: 10,
  addresses: 50,
  seconds: 315_360_000,
  graceSeconds: 2_592_000,
} as const;

const name = text().min(1).max(keyLimits.name);
const scopes = (known: readonly string[]) =>
  z
    .array(z.enum([ALL_SCOPES, ...known]))
    .min(1)
    .transform((given) => (given.includes(ALL_SCOPES) ? [ALL_SCOPES] : [...new Set(given)].sort()))
    .describe('What it may do: names of actions, as `x-action` shows them for each operation; `["*"]` for everything');
const agents = z.array(uuid()).min(1).max(keyLimits.agents).describe("The agents that may be called with it");
const rateLimit = numeric(z.number().positive().max(1_000_000)).describe("Tasks per second");
const rateBurst = numeric(z.int().min(1).max(1_000_000)).describe("Tasks at once");
const perCallMax = money().describe("The most that one call may cost, in dollars");
const ipAllow = z
  .array(z.string().refine(isRange, { error: "Must be an IP address or a CIDR range" }))
  .min(1)
  .max(keyLimits.addresses)
  .describe("Addresses and CIDR ranges that it may be shown from");
const expiresIn = numeric(z.int().min(1).max(keyLimits.seconds)).describe("Seconds until it ends");
const alerts = z
  .array(numeric(z.number().gt(0).max(1)))
  .max(keyLimits.alerts)
  .transform((given) => [...new Set(given)]);
const budget = z
  .object({
    amount: money().refine((amount) => amount > 0n, { error: "A budget allows something" }),
    period: z.enum(["day", "week", "month", "total"]).describe("In UTC; a week begins on Monday, `total` never ends"),
    alerts: withDefault(alerts, []).describe("Parts of the amount; each is told once in a window, as `budget.alert`"),
  })
  .meta({ id: "NewKeyBudget" });
const budgets = z
  .array(budget)
  .refine((given) => new Set(given.map(({ period }) => period)).size === given.length, {
    error: "One budget for a period",
  })
  .describe("What may be spent with the key: nothing is called beyond");

/** Body of `POST …/keys`. */
const creation = (known: readonly string[]) =>
  z.object({
    name,
    scopes: scopes(known),
    agents: withDefault(agents.nullable(), null),
    expires_in: withDefault(expiresIn.nullable(), null),
    rate_limit: withDefault(rateLimit.nullable(), null),
    rate_burst: withDefault(rateBurst.nullable(), null),
    per_call_max: withDefault(perCallMax.nullable(), null),
    ip_allow: withDefault(ipAllow.nullable(), null),
    budgets: withDefault(budgets, []),
  });

/** Body of `PATCH …/keys/{key_id}`: absent leaves a field as it is, null takes a limit away. */
const changes = (known: readonly string[]) =>
  z.object({
    name: name.optional(),
    scopes: scopes(known).optional(),
    agents: agents.nullable().optional(),
    expires_in: expiresIn.nullable().optional(),
    rate_limit: rateLimit.nullable().optional(),
    rate_burst: rateBurst.nullable().optional(),
    per_call_max: perCallMax.nullable().optional(),
    ip_allow: ipAllow.nullable().optional(),
    budgets: budgets.nullable().optional(),
  });

export const orgKeyCreation = creation(orgScopes).meta({ id: "NewKey" });
export const orgKeyChanges = changes(orgScopes).meta({ id: "KeyChanges" });
export const adminKeyCreation = creation(adminScopes).meta({ id: "NewAdminKey" });
export const adminKeyChanges = changes(adminScopes).meta({ id: "AdminKeyChanges" });

export type GivenKey = z.output<typeof orgKeyCreation>;
export type GivenKeyChanges = z.output<typeof orgKeyChanges>;

/** Body of `POST …/rotate`. */
export const keyRotation = z
  .object({
    grace_seconds: numeric(z.int().min(0).max(keyLimits.graceSeconds))
      .default(0)
      .describe("How long the key before works beside the new one"),
  })
  .meta({ id: "KeyRotationWish" });

/** A key as answered, for the documentation. */
export const wireKey = z
  .object({
    id: z.string().describe("`primary` and `secondary` are the organization's own, changed by `rotate-key`"),
    name: z.string(),
    role: z.enum(["primary", "secondary", "named"]),
    prefix: z.string().nullable(),
    last4: z.string().nullable(),
    scopes: z.array(z.string()),
    agents: z.array(z.string()).nullable(),
    rate_limit: z.number().nullable(),
    rate_burst: z.number().nullable(),
    per_call_max: z.number().nullable(),
    ip_allow: z.array(z.string()).nullable(),
    budgets: z.array(
      z
        .object({
          amount: z.number(),
          period: z.enum(["day", "week", "month", "total"]),
          alerts: z.array(z.number()),
          spent: z.number().describe("In the window of now"),
          held: z.number().describe("Put aside for calls under way"),
          resets_at: z.iso.datetime().nullable(),
        })
        .meta({ id: "KeyBudget" }),
    ),
    created_at: z.iso.datetime(),
    last_used_at: z.iso.datetime().nullable().describe("Within a minute"),
    expires_at: z.iso.datetime().nullable(),
    disabled_at: z.iso.datetime().nullable(),
  })
  .meta({ id: "ApiKey" });

/** A key just minted, with what is told this once. */
export const wireMintedKey = wireKey.extend({ key: z.string().describe("Shown this once") }).meta({ id: "MintedKey" });

export const wireKeyPage = z
  .object({ entries: z.array(wireKey), next: z.string().nullable() })
  .meta({ id: "ApiKeyPage" });

function isRange(text: string): boolean {
  const [address = "", bits, ...more] = text.split("/");
  const family = isIP(address);
  // A zone belongs to one machine's interfaces: no caller is known by one.
  if (family === 0 || more.length > 0 || address.includes("%")) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}
