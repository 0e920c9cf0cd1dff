import { type Org, type Tier, type TierLimits, tiers } from "@agentgate/protocol";
import { Argument } from "commander";
import { examples } from "../examples.ts";
import { findOrgId, ORG_ARGUMENT } from "../find-org.ts";
import { formatCount, formatShare } from "../output/format.ts";
import type { DefineCommand } from "./define-command.ts";

type RateLimits = Pick<Org, "rate_limit" | "rate_burst">;

export const defineTier: DefineCommand = (command, cli) =>
  command
    .argument("<org>", ORG_ARGUMENT)
    .addArgument(new Argument("[tier]", "the tier to change to; without it, the current one is shown").choices(tiers))
    .addHelpText("after", examples(["agentgate tier me", "the current tier"], ["agentgate tier me pro", "change it"]))
    .action(async (given: string, tier: Tier | undefined) => {
      const client = await cli.client();
      const orgId = await findOrgId(client, given);
      const { output } = cli;
      // What was set for the organization itself wins over its tier. Not every key that may ask for the tier may read it.
      const ownOf = async () => (output.json ? undefined : await client.getOrg(orgId).catch(() => undefined));
      if (tier === undefined) {
        const { org_id, org_name, tier, tier_limits } = await client.getOrgWallet(orgId);
        const own = await ownOf();
        output.result({ org_id, org_name, tier, tier_limits }, () => {
          output.fields([["Organization", `${org_name} (${org_id})`], ["Tier", tier], ...limitsOf(tier_limits, own)]);
        });
        return;
      }
      const change = await client.changeOrgTier(orgId, tier);
      const own = await ownOf();
      output.result(change, () => {
        output.done(`${change.org_name} moved from ${change.old_tier} to ${change.new_tier}`);
        output.fields(limitsOf(change.tier_limits, own));
      });
    });

const requestsOf = ({ rate_limit, rate_burst }: RateLimits) =>
  `${formatCount(rate_limit)} per second, ${formatCount(rate_burst)} at once`;

const limitsOf = (limits: TierLimits, own: RateLimits = limits): [string, string][] => {
  const isOwn = own.rate_limit !== limits.rate_limit || own.rate_burst !== limits.rate_burst;
  return [
    ["Agents", formatCount(limits.max_agents)],
    ["Requests", requestsOf(own) + (isOwn ? `; its own, in place of the tier's ${requestsOf(limits)}` : "")],
    ["Fee", formatShare(limits.fee_pct)],
  ];
};
