import { dollars } from "../arguments.ts";
import { examples } from "../examples.ts";
import { findOrgId, ORG_ARGUMENT } from "../find-org.ts";
import { formatDollars } from "../output/format.ts";
import { printable } from "../output/printable.ts";
import type { DefineCommand } from "./define-command.ts";

export const defineTopup: DefineCommand = (command, cli) =>
  command
    .argument("<org>", ORG_ARGUMENT)
    .argument("<amount>", "US dollars", dollars)
    .option("--idempotency-key <key>", "the same key adds the money only once, however often it is tried")
    .addHelpText(
      "after",
      examples(
        ["agentgate topup acme 50", "add $50"],
        ["agentgate topup me 50 --idempotency-key invoice-7", "safe to repeat"],
      ),
    )
    .action(async (given: string, amount: number, { idempotencyKey }: { idempotencyKey?: string }) => {
      const client = await cli.client();
      const topup = await client.topupOrg(await findOrgId(client, given), amount, { idempotencyKey });
      cli.output.result(topup, () => {
        const { output } = cli;
        if ("checkout_url" in topup) {
          output.line(printable(`To add ${formatDollars(topup.amount)} to ${topup.org_name}, pay at`));
          output.line(printable(`  ${topup.checkout_url}`));
          return;
        }
        const what = `${formatDollars(topup.amount_added)} to ${topup.org_name}`;
        const balance = formatDollars(topup.new_balance);
        if (topup.replayed) output.done(`Added earlier, under the same key: ${what}; the balance was ${balance} then`);
        else output.done(`Added ${what}; the balance is ${balance}`);
      });
    });
