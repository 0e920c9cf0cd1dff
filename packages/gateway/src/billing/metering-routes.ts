import { microDollarsToJson } from "@agentgate/protocol";
import { z } from "zod";
import { actions } from "../access/index.ts";
import type { CallLog, CallLogStore } from "../call-log/index.ts";
import { csvLine, idParams, type RouteDefinition, route } from "../http/index.ts";
import { type Org, type OrgRegistry, orgRefusals } from "../orgs/index.ts";
import type { Clock } from "../runtime/index.ts";
import { meteredCost } from "./metering.ts";
import { billingTag } from "./tags.ts";

export interface MeteringFaceOptions {
  orgs: OrgRegistry;
  callLog: CallLog;
  callLogStore: CallLogStore;
  clock: Clock;
}

const BREAKDOWN_DAYS = 30;
const orgFields = { org_id: z.uuid(), org_name: z.string(), cost_per_invocation: z.number() };
const wireBilling = z
  .object({
    ...orgFields,
    total_invocations: z.int(),
    total_errors: z.int(),
    total_cost: z.number(),
    alert_threshold: z.number().nullable(),
    alert_triggered: z.boolean(),
  })
  .meta({ id: "Billing" });
const wirePeriod = z
  .object({ period: z.string(), invocations: z.int(), errors: z.int(), cost: z.number() })
  .meta({ id: "BillingPeriod" });
const wireBreakdown = z.object({ ...orgFields, breakdown: z.array(wirePeriod) }).meta({ id: "BillingBreakdown" });

/** Metering of an organization's own agents (contract section 6, billing). */
export function meteringRoutes({ orgs, callLog, callLogStore, clock }: MeteringFaceOptions): RouteDefinition[] {
  const common = { method: "GET", action: actions.readUsage, tag: billingTag, params: idParams } as const;
  const wireOrg = (org: Org) => ({
    org_id: org.id,
    org_name: org.name,
    cost_per_invocation: microDollarsToJson(org.costPerInvocation),
  });
  return [
    route({
      ...common,
      path: "/orgs/{id}/billing",
      operationId: "getOrgBilling",
      summary: "Summarize the metering of an organization's agents",
      description: "Calls to the organization's own agents, each at its `cost_per_invocation`.",
      responses: {
        200: {
          description: "Totals, and whether the alert threshold is reached",
          schema: wireBilling,
        },
        ...orgRefusals,
      },
      handler: async ({ params, caller }) => {
        const org = await orgs.get(params.id, caller, actions.readUsage);
        await callLog.flush();
        const { invocations, errors } = await callLogStore.orgUsage(org.id);
        const cost = meteredCost(org, invocations);
        const threshold = org.billingAlertThreshold;
        return {
          ...wireOrg(org),
          total_invocations: invocations,
          total_errors: errors,
          total_cost: microDollarsToJson(cost),
          alert_threshold: threshold === null ? null : microDollarsToJson(threshold),
          alert_triggered: threshold !== null && cost >= threshold,
        };
      },
    }),
    route({
      ...common,
      path: "/orgs/{id}/billing/breakdown",
      operationId: "getOrgBillingBreakdown",
      summary: `Break the metering down by day, for ${BREAKDOWN_DAYS} days`,
      description: "Days without a call are left out. `format=csv` gives the same as a file.",
      query: z.object({ format: z.enum(["json", "csv"]).default("json") }),
      responses: {
        200: {
          description: "Days with calls, ascending, in UTC",
          schema: wireBreakdown,
          textTypes: ["text/csv"],
        },
        ...orgRefusals,
      },
      handler: async ({ params, query, caller, reply }) => {
        const org = await orgs.get(params.id, caller, actions.readUsage);
        await callLog.flush();
        const days = await callLogStore.orgDaily(org.id, BREAKDOWN_DAYS, BigInt(clock.now()) * 1000n);
        const breakdown = days.map(({ period, invocations, errors }) => ({
          period,
          invocations,
          errors,
          cost: microDollarsToJson(meteredCost(org, invocations)),
        }));
        if (query.format === "json") return { ...wireOrg(org), breakdown };
        reply.headers({
          "content-type": "text/csv; charset=utf-8",
          "content-disposition": 'attachment; filename="usage-by-day.csv"',
        });
        const lines = breakdown.map(({ period, invocations, errors, cost }) => [
          ...[period, invocations, errors, JSON.stringify(cost)],
        ]);
        return [["day", "calls", "failed", "cost"], ...lines].map(csvLine).join("");
      },
    }),
  ];
}
