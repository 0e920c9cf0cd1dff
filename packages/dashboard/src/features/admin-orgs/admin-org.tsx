import type { Org } from "@agentgate/client";
import { shortText } from "@agentgate/protocol/format";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { enAdmin } from "../../messages/en-admin.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { Page, Section } from "../../ui/page.tsx";
import { SameByCurl } from "../../ui/same-by-curl.tsx";
import { Age, Money } from "../../ui/values.tsx";
import { orgQuery, walletQuery } from "./admin-orgs-api.ts";
import { ChangeTier } from "./change-tier.tsx";
import { DeleteOrg } from "./delete-org.tsx";
import { OrgAgents } from "./org-agents.tsx";
import { OrgKeys } from "./org-keys.tsx";
import { OrgLimits } from "./org-limits.tsx";

const NAME_MAX = 80;
const said = enAdmin.adminOrgs;

/** One organization: its money, its tier, what it may, and its end. */
export function AdminOrg() {
  const { id = "" } = useParams({ strict: false });
  const org = useQuery(orgQuery(id));
  return (
    <Page
      title={org.data ? shortText(org.data.name, NAME_MAX) : said.one}
      actions={
        <nav aria-label={said.elsewhere} className="flex flex-wrap gap-x-4 gap-y-2">
          <Link to="/dashboard/wallet" search={{ org: id }}>
            {said.entries}
          </Link>
          <Link to="/dashboard/settings" search={{ org: id }}>
            {said.itsSettings}
          </Link>
          <Link to="/dashboard/logs" search={{ org: id }}>
            {said.callsToIt}
          </Link>
          <Link to="/dashboard/logs" search={{ payer_org_id: id }}>
            {said.callsItPays}
          </Link>
          <Link to="/admin/audit" search={{ org_id: id }}>
            {said.changes}
          </Link>
        </nav>
      }
    >
      <Loaded query={org} rows={12}>
        {(data) => <Known org={data} />}
      </Loaded>
      <SameByCurl paths={["", "/wallet", "/limits", "/keys", "/agents"].map((part) => `/orgs/${id}${part}`)} />
    </Page>
  );
}

function Known({ org }: { org: Org }) {
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-8">
      <p className="-mt-4 text-ink-2">
        <code>{org.id}</code>, {said.createdAt} <Age at={org.created_at} />
      </p>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-8 full:grid-cols-2">
        <Wallet org={org} />
        <TierSection org={org} />
      </div>
      <OrgLimits id={org.id} />
      <OrgAgents id={org.id} />
      <OrgKeys id={org.id} />
      <End org={org} />
    </div>
  );
}

function Wallet({ org: { id } }: { org: Org }) {
  const wallet = useQuery(walletQuery(id));
  return (
    <Section title={said.wallet}>
      <Loaded query={wallet} rows={3}>
        {({ balance, held, available }) => (
          <table className="table">
            <caption className="spoken">{said.wallet}</caption>
            <tbody>
              <tr>
                <th scope="row">{said.balance}</th>
                <td className="text-right">
                  <Money dollars={balance} />
                </td>
              </tr>
              <tr>
                <th scope="row">{said.held}</th>
                <td className="text-right">
                  <Money dollars={held} />
                </td>
              </tr>
              <tr>
                <th scope="row" className="font-strong">
                  {said.available}
                </th>
                <td className="text-right font-strong">
                  <Money dollars={available} />
                </td>
              </tr>
            </tbody>
          </table>
        )}
      </Loaded>
    </Section>
  );
}

function TierSection({ org }: { org: Org }) {
  const [isOpen, setOpen] = useState(false);
  const wallet = useQuery(walletQuery(org.id));
  return (
    <Section
      title={said.tierIs(org.tier)}
      aside={
        <button type="button" className="button" onClick={() => setOpen(true)}>
          {said.changeTier}
        </button>
      }
    >
      <dl className="facts">
        <dt>{said.agents}</dt>
        <dd>{wallet.data ? said.agentsOf(wallet.data.agent_count, wallet.data.max_agents) : "–"}</dd>
        <dt>{said.cost}</dt>
        <dd>
          <Money dollars={org.cost_per_invocation} />
        </dd>
        <dt>{said.alert}</dt>
        <dd>{org.billing_alert_threshold === null ? said.noAlert : <Money dollars={org.billing_alert_threshold} />}</dd>
      </dl>
      {isOpen && <ChangeTier org={org} agents={wallet.data?.agent_count} onClose={() => setOpen(false)} />}
    </Section>
  );
}

function End({ org }: { org: Org }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Section title={said.end}>
      <p className="pb-3 text-ink-2">{said.endMeans}</p>
      <button type="button" className="button border-fail text-fail" onClick={() => setOpen(true)}>
        {said.delete}
      </button>
      {isOpen && <DeleteOrg org={org} onClose={() => setOpen(false)} />}
    </Section>
  );
}
