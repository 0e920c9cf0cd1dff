import { examples } from "../examples.ts";
import { findOrgId } from "../find-org.ts";
import { formatCount, formatDollars, formatShare } from "../output/format.ts";
import type { DefineCommand } from "./define-command.ts";

export const defineWallet: DefineCommand = (command, cli) =>
  command
    .argument("<org>", "the organization's id; with the admin key, or its name")
    .addHelpText(
      "after",
      examples(
        ["agentgate wallet ORG_ID", "balance, tier and limits"],
        ["agentgate wallet ORG_ID --json | jq .balance", "the balance alone"],
      ),
    )
    .action(async (given: string) => {
      const client = await cli.client();
      const wallet = await client.getOrgWallet(await findOrgId(client, given));
      cli.output.result(wallet, () => {
        cli.output.fields([
          ["Organization", `${wallet.org_name} (${wallet.org_id})`],
          ["Balance", formatDollars(wallet.balance)],
          ["Held", `${formatDollars(wallet.held)} for tasks under way`],
          ["Available", formatDollars(wallet.available)],
          ["Tier", `${wallet.tier}, ${formatShare(wallet.tier_limits.fee_pct)} fee`],
          ["Agents", `${formatCount(wallet.agent_count)} of ${formatCount(wallet.max_agents)}`],
        ]);
      });
    });
