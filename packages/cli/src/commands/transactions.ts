import type { AgentGateClient } from "@agentgate/client";
import type { Transaction, TransactionRole } from "@agentgate/protocol";
import { Option } from "commander";
import { wholeNumber } from "../arguments.ts";
import type { Cli } from "../cli.ts";
import { examples } from "../examples.ts";
import { findOrgId, ME, ORG_ARGUMENT } from "../find-org.ts";
import { formatCount, formatDollars, formatTime } from "../output/format.ts";
import { noteMore } from "../output/note-more.ts";
import type { DefineCommand } from "./define-command.ts";

interface TransactionsOptions {
  role: TransactionRole;
  limit: number;
  offset: number;
  summary?: boolean;
}

export const defineTransactions: DefineCommand = (command, cli) =>
  command
    .argument("[org]", ORG_ARGUMENT, ME)
    .addOption(new Option("--role <role>", "what it was in them").choices(["all", "payer", "receiver"]).default("all"))
    .option("--limit <n>", "most transactions to show", wholeNumber(1, 200), 50)
    .option("--offset <n>", "transactions to skip", wholeNumber(0, 1_000_000_000), 0)
    .option("--summary", "totals instead of single transactions")
    .addHelpText(
      "after",
      examples(
        ["agentgate transactions", "the last 50, newest first; times are UTC"],
        ["agentgate transactions --role receiver", "what its agents earned"],
        ["agentgate transactions acme --summary", "spent, earned and fees in total"],
      ),
    )
    .action(async (given: string, { summary, role, limit, offset }: TransactionsOptions) => {
      const client = await cli.client();
      const orgId = await findOrgId(client, given);
      if (summary) return showSummary(cli, client, orgId);
      const transactions = await client.listOrgTransactions(orgId, { role, limit, offset });
      const { output } = cli;
      output.result(transactions, () => {
        if (transactions.length === 0)
          return output.line(offset > 0 ? "No more transactions." : "No transactions yet.");
        output.table<Transaction>(transactions, [
          { title: "time", value: ({ created_at }) => formatTime(created_at) },
          { title: "type", value: ({ tx_type }) => tx_type },
          { title: "agent", value: ({ agent_name }) => agent_name, shrinks: true },
          { title: "amount", value: ({ amount }) => formatDollars(amount), align: "right" },
          { title: "fee", value: ({ fee }) => formatDollars(fee), align: "right" },
          { title: "net", value: ({ net }) => formatDollars(net), align: "right" },
          { title: "direction", value: (transaction) => directionOf(transaction, orgId) },
          { title: "id", value: ({ id }) => id },
        ]);
        noteMore(output, transactions, { limit, offset });
      });
    });

function directionOf({ payer_org_id, receiver_org_id }: Transaction, orgId: string): string {
  if (payer_org_id === receiver_org_id) return "to itself";
  return receiver_org_id === orgId ? "in" : "out";
}

async function showSummary(cli: Cli, client: AgentGateClient, orgId: string): Promise<void> {
  const summary = await client.getOrgTransactionSummary(orgId);
  cli.output.result(summary, () => {
    cli.output.fields([
      ["Organization", `${summary.org_name} (${summary.org_id})`],
      ["Balance", formatDollars(summary.balance)],
      ["Spent", `${formatDollars(summary.total_spent)} in ${formatCount(summary.transactions_as_payer)} transactions`],
      [
        "Earned",
        `${formatDollars(summary.total_earned)} in ${formatCount(summary.transactions_as_receiver)} transactions`,
      ],
      ["Fees", formatDollars(summary.total_fees_paid)],
    ]);
  });
}
