import { type LedgerReport, microDollarsToJson } from "@agentgate/protocol";
import { z } from "zod";
import { actions } from "../access/index.ts";
import { type RouteDefinition, route } from "../http/index.ts";
import type { Ledger, LedgerSummary, Problem, VerificationReport } from "../ledger/index.ts";
import { type Clock, renderTimestamp } from "../runtime/index.ts";
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

const wireCheck = z.object({
  name: z.enum(["new", "all"]).describe("What came since it was verified last; or everything, again and again"),
  seq: z.int().describe("The last row that was verified"),
  row_written_at: z.iso.datetime().nullable().describe("When that row was written"),
  ended_at: z.iso
    .datetime()
    .nullable()
    .describe("When it was done with everything; null while it is under way, and of `new`"),
  problems: z.array(wireProblem),
});
const wireState = z
  .object({
    sum: z.number().describe("All accounts together: 0"),
    head: z.object({ seq: z.int(), hash: z.string(), at: z.iso.datetime() }).describe("The journal's last row"),
    held: z.number().describe("Of what is in wallets, put aside for calls under way"),
    reserved: z.number().describe("What the holds themselves come to: the same"),
    accounts: z.array(
      z.object({
        kind: z.enum(["wallets", "platform", "world"]),
        balance: z.number(),
      }),
    ),
    checks: z.array(wireCheck).describe("How far the books were verified in the background, by whatever node"),
    verifying: z
      .object({ rows: z.int(), of: z.int() })
      .nullable()
      .describe(
        "How far this node is with `GET /admin/ledger/verify`, in rows of the journal; null when nobody has asked for it",
      ),
  })
  .meta({ id: "LedgerState" });

const toWireProblem = ({ row, account, hold, message }: Problem) => ({
  row: row === undefined ? null : Number(row),
  account: account ?? null,
  hold: hold ?? null,
  message,
});

const toWireState = (
  { head, sum, held, reserved, accounts, checks }: LedgerSummary,
  verifying: Ledger["verification"],
  nowMs: number,
) => ({
  sum: microDollarsToJson(sum),
  head: { seq: Number(head.seq), hash: head.hash, at: renderTimestamp(head.createdAt) },
  held: microDollarsToJson(held),
  reserved: microDollarsToJson(reserved),
  accounts: accounts.map(({ kind, balance }) => ({ kind, balance: microDollarsToJson(balance) })),
  checks: checks.map(({ name, seq, createdAt, endedAgo, problems }) => ({
    name,
    seq: Number(seq),
    row_written_at: createdAt === null ? null : renderTimestamp(createdAt),
    ended_at: endedAgo === null ? null : new Date(nowMs - Number(endedAgo / 1_000n)).toISOString(),
    problems: problems.map(toWireProblem),
  })),
  verifying: verifying ? { rows: Number(verifying.rows), of: Number(verifying.of) } : null,
});

/** The report on the wire, also what `agentgate ledger verify --json` prints. */
export const toWireReport = (report: VerificationReport): LedgerReport => ({
  ok: report.ok,
  rows: Number(report.rows),
  head: { seq: Number(report.head.seq), hash: report.head.hash },
  accounts: report.accounts,
  open_holds: report.openHolds,
  problems: report.problems.map(toWireProblem),
});

/** The whole ledger: what is in it, and whether it is sound. */
export function verifyRoutes(ledger: Ledger, clock: Clock): RouteDefinition[] {
  return [
    route({
      method: "GET",
      path: "/admin/ledger/state",
      action: actions.verifyLedger,
      tag: billingTag,
      operationId: "getLedgerState",
      summary: "See what is in the ledger, and how far it is verified",
      description:
        "Money by kinds of accounts, at one moment: wallets, the platform (fees), and the world outside, which is minus all that is inside. " +
        "And how far the verification has come that goes on in the background. Nothing is read through for it.",
      responses: { 200: { description: "The books as they are now", schema: wireState } },
      handler: async () => toWireState(await ledger.queries.books(ledger.elapsed), ledger.verification, clock.now()),
    }),
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
