import { type AgentGateClient, GatewayError } from "@agentgate/client";
import type { LedgerReport } from "@agentgate/protocol";
import { Argument } from "commander";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { examples } from "../examples.ts";
import { formatCount } from "../output/format.ts";
import type { DefineCommand } from "./define-command.ts";

interface LedgerOptions {
  data?: string;
}

export const defineLedger: DefineCommand = (command, cli) =>
  command
    .addArgument(new Argument("<action>", "what to do").choices(["verify"]))
    .option("--data <dir>", "verify the embedded database of this directory; no gateway need run")
    .addHelpText(
      "after",
      `
verify walks the whole ledger: hash chain, every row and the sum of all accounts, no wallet overdrawn, every hold
resolved once. It names the first row that is wrong, and exits with 1. With --data or DATABASE_URL it reads the database
itself, else it asks the gateway (admin key).
${examples(
  ["agentgate ledger verify", "ask the running gateway"],
  ["agentgate ledger verify --data ./.agentgate", "an embedded database, offline"],
  ["DATABASE_URL=postgres://… agentgate ledger verify", "a PostgreSQL database, offline"],
)}`,
    )
    .action(async (_action: string, { data }: LedgerOptions) => {
      const report = await verify(cli, data);
      cli.output.result(report, () => describe(cli, report));
      if (!report.ok) throw new CliError("ledger_invalid", `the ledger is not intact: ${firstProblem(report)}`);
    });

/** Less than what `fetch` waits for an answer. */
const PATIENCE_MS = 240_000;
/** A gateway that says nothing for so long will not. */
const ROUNDS_MAX = 60;

/** Asks the gateway, again when it takes long: it goes on meanwhile, and whoever asks gets the answer of the same walk. */
export async function askUntilVerified(
  gateway: Pick<AgentGateClient, "verifyLedger">,
  { say, patienceMs = PATIENCE_MS }: { say(text: string): void; patienceMs?: number },
): Promise<LedgerReport> {
  for (let round = 1; ; round++) {
    try {
      return await gateway.verifyLedger({ timeoutMs: patienceMs });
    } catch (error) {
      if (!(GatewayError.isInstance(error) && error.code === "timeout") || round === ROUNDS_MAX) throw error;
      say(`the gateway is still verifying, after ${Math.round((round * patienceMs) / 60_000)} minutes`);
    }
  }
}

async function verify(cli: Cli, data: string | undefined): Promise<LedgerReport> {
  const databaseUrl = process.env.DATABASE_URL;
  if (data === undefined && !databaseUrl) {
    return askUntilVerified(await cli.client(), { say: (text) => cli.output.note(text) });
  }
  const { verifyLedger } = await import("@agentgate/gateway");
  try {
    return await verifyLedger(data === undefined ? { databaseUrl: databaseUrl! } : { dataDirectory: data });
  } catch (error) {
    throw new CliError("database_unreadable", (error as Error).message, {
      exitCode: (error as NodeJS.ErrnoException).code === "ENOENT" ? 2 : 1,
      hint: "Give --data with the gateway's data directory (AGENTGATE_DATA_DIR), or DATABASE_URL.",
    });
  }
}

function describe({ output }: Cli, report: LedgerReport): void {
  output.line(
    report.ok
      ? `${output.style("green", "●")} The ledger is intact`
      : `${output.style("red", "●")} The ledger is not intact`,
  );
  output.fields([
    ["Rows", formatCount(report.rows)],
    ["Accounts", formatCount(report.accounts)],
    ["Open holds", formatCount(report.open_holds)],
    ["Head", `${report.head.seq} ${report.head.hash}`],
  ]);
  if (report.problems.length === 0) return;
  output.line();
  output.table(report.problems, [
    { title: "ROW", value: ({ row }) => (row === null ? "" : `${row}`) },
    { title: "ACCOUNT", value: ({ account }) => account ?? "" },
    { title: "PROBLEM", value: ({ message }) => message },
  ]);
}

function firstProblem({ problems: [first] }: LedgerReport): string {
  if (!first) return "no problem was named";
  return first.row === null ? first.message : `row ${first.row}: ${first.message}`;
}
