import type { Org } from "@agentgate/protocol";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { gateway } from "../../app/api.ts";
import { useOrg } from "../../app/org-page.tsx";
import { useMay } from "../../app/use-may.ts";
import { en } from "../../messages/en.ts";
import { ByCurl } from "../../ui/by-curl.tsx";
import { Field, findingOf } from "../../ui/field.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { NotAllowed } from "../../ui/not-allowed.tsx";
import { Section } from "../../ui/page.tsx";
import { TroubleBox } from "../../ui/trouble-box.tsx";
import { Age, Money } from "../../ui/values.tsx";
import { Tiers } from "./tiers.tsx";

const said = en.settings;
const NAME_MAX = 255;

/** Who it is, and what its tier allows. */
export function Organization({ orgId }: { orgId: string }) {
  const org = useOrg(orgId);
  const wallet = useQuery({
    queryKey: ["wallet", orgId],
    queryFn: ({ signal }) => gateway.getOrgWallet(orgId, { signal }),
  });
  return (
    <Loaded query={org} rows={8}>
      {(data) => (
        <div className="grid grid-cols-[minmax(0,1fr)] gap-8">
          <Section title={said.facts}>
            <div className="grid grid-cols-[minmax(0,1fr)] gap-8 broad:grid-cols-2">
              <NameForm org={data} />
              <dl className="facts">
                <dt>{said.id}</dt>
                <dd>
                  <code>{data.id}</code>
                </dd>
                <dt>{said.created}</dt>
                <dd>
                  <Age at={data.created_at} />
                </dd>
                {wallet.data && (
                  <>
                    <dt>{said.agents}</dt>
                    <dd>{said.ofMax(wallet.data.agent_count, wallet.data.max_agents)}</dd>
                  </>
                )}
                <dt>{said.metered}</dt>
                <dd>
                  <Money dollars={data.cost_per_invocation} />
                </dd>
              </dl>
            </div>
          </Section>
          <Section title={said.tier}>
            <Tiers org={data} agentCount={wallet.data?.agent_count} />
            <ByCurl path={`/orgs/${orgId}`} />
          </Section>
        </div>
      )}
    </Loaded>
  );
}

function NameForm({ org }: { org: Org }) {
  const may = useMay();
  const queries = useQueryClient();
  const [name, setName] = useState(org.name);
  const save = useMutation({
    mutationFn: () => gateway.updateOrg(org.id, { name }),
    onSuccess: (changed) => {
      queries.setQueryData(["org", org.id], changed);
      void queries.invalidateQueries({ queryKey: ["session"] });
    },
  });
  if (!may("orgs:write")) return <NotAllowed what={said.name} scope="orgs:write" />;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const finding = findingOf(save.error, "name");
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <Field label={said.name} hint={said.nameHint} error={finding}>
        <input
          className="field"
          value={name}
          maxLength={NAME_MAX}
          autoComplete="off"
          onChange={({ target }) => setName(target.value)}
        />
      </Field>
      <div className="flex items-center gap-3">
        <button type="submit" className="button" disabled={save.isPending || name === org.name || name === ""}>
          {en.save}
        </button>
        <span role="status">{save.isSuccess && name === org.name ? en.saved : ""}</span>
      </div>
      {save.isError && !finding && <TroubleBox error={save.error} />}
    </form>
  );
}
