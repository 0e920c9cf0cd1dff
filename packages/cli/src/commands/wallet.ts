import { examples } from "../examples.ts";
import { findOrgId, ME, ORG_ARGUMENT } from "../find-org.ts";
import { formatCount, formatDollars, formatShare } from "../output/format.ts";
import type { DefineCommand } from "./define-command.ts";

export const defineWallet: DefineCommand = (command, cli) =>
  command
    .argument("[org]", ORG_ARGUMENT, ME)
    .addHelpText(
      "after",
      examples(
        ["agentgate wallet", "balance, tier and limits of the organization whose key is used"],
        ["agentgate wallet acme --json | jq .balance", "the balance alone, of one that the admin names"],
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
