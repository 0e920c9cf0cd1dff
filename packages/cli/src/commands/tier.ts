import { type Tier, type TierLimits, tiers } from "@agentgate/protocol";
import { Argument } from "commander";
import { examples } from "../examples.ts";
import { findOrgId, ORG_ARGUMENT } from "../find-org.ts";
import { formatCount, formatShare } from "../output/format.ts";
import type { DefineCommand } from "./define-command.ts";

export const defineTier: DefineCommand = (command, cli) =>
  command
    .argument("<org>", ORG_ARGUMENT)
    .addArgument(new Argument("[tier]", "the tier to change to; without it, the current one is shown").choices(tiers))
    .addHelpText("after", examples(["agentgate tier me", "the current tier"], ["agentgate tier me pro", "change it"]))
    .action(async (given: string, tier: Tier | undefined) => {
      const client = await cli.client();
      const orgId = await findOrgId(client, given);
      const { output } = cli;
      if (tier === undefined) {
        const { org_id, org_name, tier, tier_limits } = await client.getOrgWallet(orgId);
        output.result({ org_id, org_name, tier, tier_limits }, () => {
          output.fields([["Organization", `${org_name} (${org_id})`], ["Tier", tier], ...limitsOf(tier_limits)]);
        });
        return;
      }
      const change = await client.changeOrgTier(orgId, tier);
      output.result(change, () => {
        output.done(`${change.org_name} moved from ${change.old_tier} to ${change.new_tier}`);
        output.fields(limitsOf(change.tier_limits));
      });
    });

const limitsOf = ({ max_agents, rate_limit, rate_burst, fee_pct }: TierLimits): [string, string][] => [
  ["Agents", formatCount(max_agents)],
  ["Requests", `${formatCount(rate_limit)} per second, ${formatCount(rate_burst)} at once`],
  ["Fee", formatShare(fee_pct)],
];
