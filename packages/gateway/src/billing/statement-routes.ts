import { Readable } from "node:stream";
import { z } from "zod";
import { idParams, numeric, type RouteDefinition, route } from "../http/index.ts";
import { type OrgRegistry, orgRefusals } from "../orgs/index.ts";
import { type Statements, toWireStatement } from "./statement.ts";

const LINES_MAX = 1000;

/** `GET /orgs/{id}/statement`: a month's account, as JSON or CSV. */
export function statementRoutes(orgs: OrgRegistry, statements: Statements): RouteDefinition[] {
  return [
    route({
      method: "GET",
      path: "/orgs/{id}/statement",
      access: "org",
      tag: "Billing",
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
        200: { description: "The statement", schema: z.record(z.string(), z.unknown()), textTypes: ["text/csv"] },
        ...orgRefusals,
      },
      handler: async ({ params, query: { month, format, limit, after }, caller, reply }) => {
        const org = await orgs.get(params.id, caller);
        if (format === "csv") {
          const name = `statement-${month}.csv`;
          reply.headers({
            "content-type": "text/csv; charset=utf-8",
            "content-disposition": `attachment; filename="${name}"`,
          });
          return Readable.from(statements.csv(org, month));
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
