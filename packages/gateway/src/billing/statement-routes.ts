import { z } from "zod";
import { actions, requestUse, subjectOf } from "../access/index.ts";
import { Exports, idParams, numeric, type RouteDefinition, route } from "../http/index.ts";
import { type OrgRegistry, type OrgsRoom, orgRefusals } from "../orgs/index.ts";
import { type Statements, toWireStatement } from "./statement.ts";
import { billingTag } from "./tags.ts";
import { wireTransaction } from "./transaction-routes.ts";

const LINES_MAX = 1000;
const wireLine = wireTransaction
  .extend({ change: z.number().describe("What it did to the wallet"), balance: z.number().describe("After it") })
  .meta({ id: "StatementLine" });
const wireTotal = z
  .object({ tx_type: z.string(), count: z.int(), credited: z.number(), debited: z.number() })
  .meta({ id: "StatementTotal" });
const wireStatement = z
  .object({
    org_id: z.uuid(),
    org_name: z.string(),
    month: z.string(),
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    currency: z.literal("USD"),
    opening_balance: z.number(),
    closing_balance: z.number(),
    totals: z.array(wireTotal),
    reconciliation: z
      .object({ ledger_tasks: z.int(), logged_tasks: z.int(), reconciled: z.boolean() })
      .nullable()
      .describe("On the first page, unless the month has too many lines"),
    lines: z.array(wireLine),
    next_after: z.string().nullable(),
  })
  .meta({ id: "Statement" });

/** `GET /orgs/{id}/statement`: a month's account, as JSON or CSV. */
export function statementRoutes(
  orgs: OrgRegistry,
  statements: Statements,
  keyWatch: Pick<OrgsRoom["keyWatch"], "watch">,
): RouteDefinition[] {
  const exports = new Exports();
  return [
    route({
      method: "GET",
      path: "/orgs/{id}/statement",
      action: actions.readBilling,
      tag: billingTag,
      operationId: "getOrgStatement",
      summary: "Get an organization's monthly statement",
      description:
        "Opening balance, every movement, closing balance; it reconciles with the ledger and with the call log. " +
        "The first page says so in `reconciliation`. `format=csv` gives all lines at once; JSON gives them in pages, `next_after` is the `after` of the next one.",
      params: idParams,
      query: z.object({
        month: z
          .string()
          .regex(/^20\d\d-(0[1-9]|1[0-2])$/, "Must be a month such as 2026-11")
          .describe("Calendar month in UTC, such as 2026-11"),
        format: z.enum(["json", "csv"]).default("json"),
        limit: numeric(z.int().min(1).max(LINES_MAX)).default(LINES_MAX),
        after: z
          .string()
          .regex(/^\d{1,18}$/)
          .optional(),
      }),
      responses: {
        200: { description: "The statement", schema: wireStatement, textTypes: ["text/csv"] },
        ...orgRefusals,
        429: { description: "As many lists are written out as may be at once" },
      },
      handler: async ({ params, query: { month, format, limit, after }, caller, request, reply }) => {
        const org = await orgs.get(params.id, caller, actions.readBilling);
        if (format === "csv") {
          return exports.write({
            ...{ owner: subjectOf(caller), reply, filename: `statement-${month}.csv` },
            contentType: "text/csv; charset=utf-8",
            lines: (over) => statements.csv(org, month, over),
            watch: (onEnded) => keyWatch.watch(requestUse(request, actions.readBilling), onEnded),
          });
        }
        const statement = await statements.monthly(org, month, { reconcile: after === undefined });
        const found = await statements.lines(org, month, {
          limit,
          after: after === undefined ? undefined : BigInt(after),
        });
        const lines = found.map(({ after: _, ...line }) => line);
        return {
          ...toWireStatement(statement),
          lines,
          next_after: found.length === limit ? found.at(-1)!.after : null,
        };
      },
    }),
  ];
}
