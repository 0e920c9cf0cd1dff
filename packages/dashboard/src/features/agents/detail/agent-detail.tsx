import type { Agent } from "@agentgate/client";
import { shortText } from "@agentgate/protocol/format";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { Suspense } from "react";
import { keptSearch } from "../../../app/kept-search.ts";
import { late } from "../../../app/late.ts";
import { useOrgNames } from "../../../app/org-names.ts";
import type { PlainSearch } from "../../../app/plain-search.ts";
import { en } from "../../../messages/en.ts";
import { CopyButton } from "../../../ui/copy-button.tsx";
import { Loaded } from "../../../ui/loaded.tsx";
import { Loading } from "../../../ui/loading.tsx";
import { OrgLabel } from "../../../ui/org-label.tsx";
import { Page } from "../../../ui/page.tsx";
import { Tabs } from "../../../ui/tabs.tsx";
import { Price } from "../../../ui/values.tsx";
import { AgentState } from "../agent-state.tsx";
import { agentHealthQuery, agentQuery } from "../agents-api.ts";
import { useOwns } from "../use-owns.ts";
import { Waiting } from "./waiting.tsx";

const said = en.agentDetail;
const NAME_MAX = 80;

/** Each comes when it is looked at. */
const parts = {
  traffic: late(() => import("./traffic-tab.tsx"), "TrafficTab"),
  skills: late(() => import("./skills-tab.tsx"), "SkillsTab"),
  card: late(() => import("./card-tab.tsx"), "CardTab"),
  try: late(() => import("./try-tab.tsx"), "TryTab"),
  mcp: late(() => import("./mcp-tab.tsx"), "McpTab"),
  health: late(() => import("./health-tab.tsx"), "HealthTab"),
  earnings: late(() => import("./earnings-tab.tsx"), "EarningsTab"),
  reviews: late(() => import("./reviews-tab.tsx"), "ReviewsTab"),
  webhook: late(() => import("./webhook-tab.tsx"), "WebhookTab"),
  settings: late(() => import("./settings-tab.tsx"), "SettingsTab"),
} as const;
type PartName = keyof typeof parts;
const ofOwners = Object.keys(parts) as PartName[];
/** Of somebody else's agent. */
const ofAll = ["try", "skills", "mcp", "card", "health", "reviews"] as const satisfies readonly PartName[];

/** One agent; which part of it is shown stands in the address. */
export function AgentDetail() {
  const { id = "" } = useParams({ strict: false }) as { id?: string };
  const { tab } = useSearch({ strict: false }) as PlainSearch;
  const agent = useQuery(agentQuery(id));
  const title = agent.data ? shortText(agent.data.name, NAME_MAX) : en.pages.agents;
  return (
    <Page
      title={title}
      actions={
        <Link to="/dashboard/agents" search={keptSearch}>
          {said.all}
        </Link>
      }
    >
      <Loaded query={agent} rows={10}>
        {(known) => <Parts agent={known} tab={tab} />}
      </Loaded>
    </Page>
  );
}

function Parts({ agent, tab }: { agent: Agent; tab: string | undefined }) {
  const names: readonly PartName[] = useOwns(agent) ? ofOwners : ofAll;
  const current = names.find((name) => name === tab) ?? names[0]!;
  const Part = parts[current];
  return (
    <>
      <Head agent={agent} />
      <Waiting agent={agent} />
      <Tabs label={said.parts} tabs={names.map((name) => ({ id: name, label: said.tabs[name] }))} current={current} />
      <Suspense fallback={<Loading rows={8} />}>
        <Part agent={agent} />
      </Suspense>
    </>
  );
}

function Head({ agent }: { agent: Agent }) {
  const { id, version, protocol = "plain", price_per_task, visibility = "public", deployed, org_id } = agent;
  const { data: health } = useQuery(agentHealthQuery(id));
  const names = useOrgNames([org_id]);
  return (
    <div className="flex flex-wrap items-center gap-x-6 gap-y-2 pb-6">
      <AgentState agent={agent} health={health?.status} />
      <span>
        {en.agents.protocols[protocol]} {shortText(version, 20)}
      </span>
      <span>
        <Price dollars={price_per_task} />
        {price_per_task > 0 && ` ${said.aTask}`}
      </span>
      <span>{en.agents.visibilities[visibility]}</span>
      {deployed && <span>{said.hosted}</span>}
      <span className="flex min-w-0 flex-wrap items-center gap-2">
        <code>{id}</code>
        <CopyButton text={id} label={said.copyId} />
      </span>
      {org_id !== null && (
        <span className="text-ink-2">
          {en.agents.owner} <OrgLabel id={org_id} names={names} />
        </span>
      )}
      {visibility === "public" && <a href={`/marketplace/${id}`}>{said.publicPage}</a>}
    </div>
  );
}
