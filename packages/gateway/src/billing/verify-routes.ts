import type { LedgerReport } from "@agentgate/protocol";
import { z } from "zod";
import { actions } from "../access/index.ts";
import { type RouteDefinition, route } from "../http/index.ts";
import type { Ledger, VerificationReport } from "../ledger/index.ts";
import { billingTag } from "./tags.ts";

const wireProblem = z
  .object({
    row: z.int().nullable(),
    account: z.string().nullable(),
    hold: z.string().nullable(),
    message: z.string(),
  })
  .meta({ id: "LedgerProblem" });
const wireReport = z
  .object({
    ok: z.boolean(),
    rows: z.int(),
    head: z.object({ seq: z.int(), hash: z.string() }),
    accounts: z.int(),
    open_holds: z.int(),
    problems: z.array(wireProblem),
  })
  .meta({ id: "LedgerReport" });

/** The report on the wire, also what `agentgate ledger verify --json` prints. */
export const toWireReport = (report: VerificationReport): LedgerReport => ({
  ok: report.ok,
  rows: Number(report.rows),
  head: { seq: Number(report.head.seq), hash: report.head.hash },
  accounts: report.accounts,
  open_holds: report.openHolds,
  problems: report.problems.map(({ row, account, hold, message }) => ({
    row: row === undefined ? null : Number(row),
    account: account ?? null,
    hold: hold ?? null,
    message,
  })),
});

/** `GET /admin/ledger/verify`: walks the whole ledger and says what is wrong with it, if anything. */
export function verifyRoutes(ledger: Ledger): RouteDefinition[] {
  return [
    route({
      method: "GET",
      path: "/admin/ledger/verify",
      action: actions.verifyLedger,
      tag: billingTag,
      operationId: "verifyLedger",
      summary: "Verify the ledger",
      description: "Hash chain, balance of every row and of the whole, no wallet overdrawn, every hold resolved once.",
      responses: {
        200: {
          description: "What was found; `ok` is false when anything is wrong",
          schema: wireReport,
        },
      },
      handler: async () => toWireReport(await ledger.verify()),
    }),
  ];
}
