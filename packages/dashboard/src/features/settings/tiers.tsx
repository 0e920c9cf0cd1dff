import { microDollarsFromNumber, type Org, type Tier, tierLimits, tiers } from "@agentgate/protocol";
import { formatCount, formatPercent } from "@agentgate/protocol/format";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { gateway } from "../../app/api.ts";
import { useMay } from "../../app/use-may.ts";
import { en } from "../../messages/en.ts";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { DataTable } from "../../ui/data-table.tsx";
import { NotAllowed } from "../../ui/not-allowed.tsx";

const said = en.settings;
const feeOf = (tier: Tier) => formatPercent(microDollarsFromNumber(tierLimits[tier].fee_pct), 1_000_000n) ?? "–";

/** What each tier allows and costs, and the way from one to another. */
export function Tiers({ org, agentCount = 0 }: { org: Org; agentCount?: number | undefined }) {
  const may = useMay();
  const queries = useQueryClient();
  const [wanted, setWanted] = useState<Tier>();
  const change = useMutation({
    mutationFn: (tier: Tier) => gateway.changeOrgTier(org.id, tier),
    onSuccess: () => {
      setWanted(undefined);
      for (const key of ["org", "wallet", "limits"]) void queries.invalidateQueries({ queryKey: [key, org.id] });
    },
  });
  const mayChange = may("orgs:write");
  const close = () => {
    setWanted(undefined);
    change.reset();
  };
  return (
    <div className="flex flex-col gap-4">
      <p className="text-ink-2">{said.tierWhy}</p>
      <DataTable
        caption={said.tier}
        rows={tiers}
        keyOf={(tier) => tier}
        isSelected={(tier) => tier === org.tier}
        columns={[
          {
            id: "tier",
            head: said.tier,
            isName: true,
            cell: (tier) => (
              <span className={tier === org.tier ? "font-strong" : ""}>
                {said.tiers[tier]}
                {tier === org.tier && <span className="font-normal text-ink-2"> ({said.current})</span>}
              </span>
            ),
          },
          {
            id: "agents",
            head: said.agentsMost,
            isNumber: true,
            cell: (tier) => formatCount(tierLimits[tier].max_agents),
          },
          { id: "rate", head: said.rate, isNumber: true, cell: (tier) => formatCount(tierLimits[tier].rate_limit) },
          { id: "burst", head: said.burst, isNumber: true, cell: (tier) => formatCount(tierLimits[tier].rate_burst) },
          { id: "fee", head: said.fee, isNumber: true, cell: feeOf },
          {
            id: "change",
            head: said.changeTo(""),
            isHeadHidden: true,
            isNumber: true,
            cell: (tier) =>
              mayChange &&
              tier !== org.tier && (
                <button type="button" className="button" onClick={() => setWanted(tier)}>
                  {said.changeTo(said.tiers[tier])}
                </button>
              ),
          },
        ]}
      />
      {!mayChange && <NotAllowed what={said.tier} scope="orgs:write" />}
      {wanted && (
        <ConfirmDialog
          title={said.changeTo(said.tiers[wanted])}
          isOpen
          onClose={close}
          action={said.changeTo(said.tiers[wanted])}
          onConfirm={() => change.mutate(wanted)}
          isBusy={change.isPending}
          error={change.error}
        >
          <Difference before={org.tier} after={wanted} />
          {agentCount >= tierLimits[wanted].max_agents && (
            <p className="pt-3">{said.fewerAgents(agentCount, tierLimits[wanted].max_agents)}</p>
          )}
        </ConfirmDialog>
      )}
    </div>
  );
}

function Difference({ before, after }: { before: Tier; after: Tier }) {
  const [from, to] = [tierLimits[before], tierLimits[after]];
  const facts = [
    [said.agentsMost, formatCount(from.max_agents), formatCount(to.max_agents)],
    [said.rate, formatCount(from.rate_limit), formatCount(to.rate_limit)],
    [said.burst, formatCount(from.rate_burst), formatCount(to.rate_burst)],
    [said.fee, feeOf(before), feeOf(after)],
  ] as const;
  return (
    <dl className="facts">
      {facts.map(([name, was, is]) => (
        <div key={name} className="contents">
          <dt>{name}</dt>
          <dd>{said.from(was, is)}</dd>
        </div>
      ))}
    </dl>
  );
}
