import { type Tier, tierLimits } from "@agentgate/protocol";
import { formatCount } from "@agentgate/protocol/format";
import { enAdmin } from "../../messages/en-admin.ts";

const said = enAdmin.adminOrgs;

/** A share like 0.025 in percent, without what doubles add to it. */
const percent = (share: number) => `${Number((share * 100).toFixed(4))}\u00a0%`;

/** What a tier allows and costs. */
export function TierFacts({ tier }: { tier: Tier }) {
  const { max_agents, rate_limit, rate_burst, fee_pct } = tierLimits[tier];
  return (
    <dl className="facts">
      <dt>{said.maxAgents}</dt>
      <dd>{formatCount(max_agents)}</dd>
      <dt>{said.limits}</dt>
      <dd>{said.rate(formatCount(rate_limit), formatCount(rate_burst))}</dd>
      <dt>{said.fee}</dt>
      <dd>{percent(fee_pct)}</dd>
    </dl>
  );
}
