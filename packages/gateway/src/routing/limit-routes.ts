import { z } from "zod";
import { actions, limitsOf } from "../access/index.ts";
import { idParams, type RouteDefinition, route } from "../http/index.ts";
import type { CountedLimiter } from "../limits/index.ts";
import { type OrgRegistry, orgRefusals, rateLimitOf } from "../orgs/index.ts";

export interface LimitFaceOptions {
  orgs: OrgRegistry;
  limiter: Pick<CountedLimiter, "level" | "refusedOf">;
}

const wireLimit = z
  .object({
    scope: z
      .enum(["owner", "payer", "key"])
      .describe("Who calls its agents, each client address by itself; what it pays for; the key that is used"),
    rate: z.number().describe("Tokens per second"),
    burst: z.number().describe("Tokens at most"),
    tokens: z.number().nullable().describe("What is there now; null where each client address has its own"),
    rejected_1h: z.int().describe("Tasks that were refused in the last hour by the node that answers"),
  })
  .meta({ id: "OrgLimit" });
const wireLimits = z.object({ entries: z.array(wireLimit), next: z.null() }).meta({ id: "OrgLimits" });

/** What an organization's rate limits are, and how much of them is left. The buckets are those that `Admission` takes from. */
export const limitRoutes = ({ orgs, limiter }: LimitFaceOptions): RouteDefinition[] => [
  route({
    method: "GET",
    path: "/orgs/{id}/limits",
    action: actions.readOrgs,
    tag: { name: "Organizations", description: "Who owns agents, who pays for tasks, and their keys" },
    operationId: "listOrgLimits",
    summary: "List an organization's rate limits and what is left of them",
    description:
      "One for those who call its agents, one for what it pays for, and one for the key that is used, if that has its own.",
    params: idParams,
    responses: { 200: { description: "Limits", schema: wireLimits }, ...orgRefusals },
    handler: async ({ params, caller }) => {
      const org = await orgs.get(params.id, caller, actions.readOrgs);
      const limit = rateLimitOf(org);
      const key = limitsOf(caller);
      const left = async (bucket: string, of: typeof limit) =>
        Math.max(0, Math.round((await limiter.level(bucket, of)) * 100) / 100);
      const entries = [
        { scope: "owner" as const, ...limit, tokens: null, rejected_1h: limiter.refusedOf(`org:${org.id}`) },
        {
          scope: "payer" as const,
          ...limit,
          tokens: await left(`payer:${org.id}`, limit),
          rejected_1h: limiter.refusedOf(`payer:${org.id}`),
        },
      ];
      if (!key?.rate) return { entries, next: null };
      const bucket = `key:${key.keyId}`;
      const own = { scope: "key" as const, ...key.rate, tokens: await left(bucket, key.rate) };
      return { entries: [...entries, { ...own, rejected_1h: limiter.refusedOf(bucket) }], next: null };
    },
  }),
];
