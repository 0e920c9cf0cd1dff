import type { StatementLine } from "@agentgate/protocol";
import { Option } from "commander";
import { monthOf, wholeNumber } from "../arguments.ts";
import { examples } from "../examples.ts";
import { findOrgId, ME, ORG_ARGUMENT } from "../find-org.ts";
import { formatCount, formatDollars, formatTime } from "../output/format.ts";
import type { Column } from "../output/table.ts";
import type { DefineCommand } from "./define-command.ts";

interface StatementCommandOptions {
  month?: string;
  format: "table" | "csv";
  limit: number;
}

export const defineStatement: DefineCommand = (command, cli) =>
  command
    .argument("[org]", ORG_ARGUMENT, ME)
    .option("--month <month>", "a month such as 2026-11, in UTC; this one by default", monthOf)
    .addOption(new Option("--format <format>", "how it is printed").choices(["table", "csv"]).default("table"))
    .option("--limit <n>", "most movements to show; csv has all of them", wholeNumber(1, 1000), 100)
    .addHelpText(
      "after",
      examples(
        ["agentgate statement", "this month: what was there, what moved, what is there"],
        ["agentgate statement --month 2026-10 --format csv > october.csv", "for the books"],
        ["agentgate statement acme --json | jq .closing_balance", "of one that the admin names"],
      ),
    )
    .action(async (given: string, { month = currentMonth(), format, limit }: StatementCommandOptions) => {
      const client = await cli.client();
      const id = await findOrgId(client, given);
      const { output } = cli;
      if (format === "csv" && !output.json) {
        for await (const piece of client.exportOrgStatement(id, month)) output.raw(piece);
        return;
      }
      const statement = await client.getOrgStatement(id, month, { limit });
      output.result(statement, () => {
        const { reconciliation: found, totals } = statement;
        output.fields([
          ["Organization", `${statement.org_name} (${statement.org_id})`],
          ["Month", statement.month],
          ["Opening", formatDollars(statement.opening_balance)],
          ...totals.map(
            ({ tx_type, count, credited, debited }) =>
              [tx_type, `${formatDollars(credited - debited)} in ${formatCount(count)}`] as const,
          ),
          ["Closing", formatDollars(statement.closing_balance)],
          ...(found
            ? [["Reconciled", found.reconciled ? "yes, with the call log" : "no: tell the operator"] as const]
            : []),
        ]);
        if (statement.lines.length === 0) return;
        output.line();
        output.table(statement.lines, columns);
        if (statement.next_after !== null) output.note("There is more: --format csv has all of it");
      });
    });

const currentMonth = (): string => new Date().toISOString().slice(0, 7);

const columns: Column<StatementLine>[] = [
  { title: "time", value: ({ created_at }) => formatTime(created_at) },
  { title: "type", value: ({ tx_type }) => tx_type },
  { title: "agent", value: ({ agent_name }) => agent_name, shrinks: true },
  { title: "change", value: ({ change }) => formatDollars(change), align: "right" },
  { title: "balance", value: ({ balance }) => formatDollars(balance), align: "right" },
  { title: "id", value: ({ id }) => id },
];
