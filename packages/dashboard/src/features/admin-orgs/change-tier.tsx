import type { Org } from "@agentgate/client";
import { type Tier, tierLimits, tiers } from "@agentgate/protocol";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { gateway } from "../../app/api.ts";
import { enAdmin } from "../../messages/en-admin.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { TroubleBox } from "../../ui/trouble-box.tsx";
import { TierFacts } from "./tier-facts.tsx";

const said = enAdmin.adminOrgs;

/** Another tier: what it changes is said before it is changed. */
export function ChangeTier({ org, agents, onClose }: { org: Org; agents: number | undefined; onClose(): void }) {
  const queries = useQueryClient();
  const [tier, setTier] = useState<Tier>(org.tier);
  const change = useMutation({
    mutationFn: () => gateway.changeOrgTier(org.id, tier),
    onSuccess: async () => {
      await Promise.all([
        queries.invalidateQueries({ queryKey: ["admin", "orgs"] }),
        queries.invalidateQueries({ queryKey: ["wallet", org.id] }),
      ]);
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate();
  };
  const { max_agents: most } = tierLimits[tier];
  return (
    <Dialog title={said.changeTier} isOpen onClose={onClose}>
      <form className="flex flex-col gap-4" onSubmit={submit}>
        <Field label={said.tier} hint={said.tierNow(org.tier)}>
          <select className="field" value={tier} onChange={({ target }) => setTier(target.value as Tier)}>
            {tiers.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </Field>
        <TierFacts tier={tier} />
        {agents !== undefined && agents > most && <p className="text-warn">{said.moreAgents(agents, most)}</p>}
        <p className="text-ink-2">{said.tierMeans}</p>
        {change.error && <TroubleBox error={change.error} />}
        <button
          type="submit"
          className="button button-primary self-start"
          disabled={change.isPending || tier === org.tier}
        >
          {said.changeTo(tier)}
        </button>
      </form>
    </Dialog>
  );
}
