import type { Agent, AgentProposal } from "@agentgate/client";
import { shortText, visibleText } from "@agentgate/protocol/format";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useEffect, useRef } from "react";
import { useOrgNames } from "../../app/org-names.ts";
import type { PlainSearch } from "../../app/plain-search.ts";
import { en } from "../../messages/en.ts";
import { enAdmin } from "../../messages/en-admin.ts";
import { AgentState } from "../../ui/agent-state.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Age, Price } from "../../ui/values.tsx";
import { agentQuery } from "./admin-agents-api.ts";
import { Decision } from "./decision.tsx";
import { OwnerLink } from "./owner-link.tsx";
import { Suspension } from "./suspension.tsx";

const said = enAdmin.adminAgents;
const NAME_MAX = 60;
const URL_MAX = 200;

/** One agent: what waits of it, and what can be decided. It is beside the list, its id in the address; Esc closes it. */
export function AgentPanel({ id }: { id: string }) {
  const agent = useQuery(agentQuery(id));
  const navigate = useNavigate();
  const heading = useRef<HTMLHeadingElement>(null);
  const isThere = agent.data !== undefined;
  // Whoever opens it by keyboard goes on in it.
  useEffect(() => {
    if (isThere && id !== "") heading.current?.focus();
  }, [isThere, id]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    void navigate({ to: ".", search: withoutAgent });
  };
  return (
    <aside aria-label={said.panel} className="min-w-0 border-ink-1 border-t pt-3" onKeyDown={onKeyDown}>
      <div className="flex items-baseline justify-between gap-3 pb-3">
        <h2 ref={heading} tabIndex={-1} className="text-section outline-none">
          {agent.data ? shortText(agent.data.name, NAME_MAX) : said.panel}
        </h2>
        <Link to="." className="button" search={withoutAgent}>
          {en.close}
        </Link>
      </div>
      <Loaded query={agent} rows={10}>
        {(data) => <Known agent={data} onDecided={() => heading.current?.focus()} />}
      </Loaded>
    </aside>
  );
}

const withoutAgent = ({ agent: _agent, ...rest }: PlainSearch): PlainSearch => rest;

function Known({ agent, onDecided }: { agent: Agent; onDecided(): void }) {
  const proposal: AgentProposal | undefined = agent.pending ?? agent.rejected;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-6">
      <Facts agent={agent} />
      {proposal && <Decision key={agent.id} agent={agent} latest={proposal} onDecided={onDecided} />}
      <Suspension agent={agent} />
      <p className="flex flex-wrap gap-x-4">
        <Link to="/dashboard/logs" search={{ agent_id: agent.id }}>
          {said.itsCalls}
        </Link>
        <Link to="/admin/audit" search={{ target: agent.id }}>
          {said.itsChanges}
        </Link>
        <Link to="/dashboard/agents/$id" params={{ id: agent.id }}>
          {said.itsPage}
        </Link>
      </p>
    </div>
  );
}

function Facts({ agent }: { agent: Agent }) {
  const names = useOrgNames([agent.org_id]);
  return (
    <dl className="facts">
      <dt>{said.state}</dt>
      <dd className="min-w-0 max-wide:*:whitespace-normal">
        <AgentState approval={agent.approval} /> {agent.approval?.since && <Age at={agent.approval.since} />}
        {agent.approval?.reason && <p className="text-ink-2">{said.because(visibleText(agent.approval.reason))}</p>}
      </dd>
      <dt>{said.id}</dt>
      <dd>
        <code>{agent.id}</code>
      </dd>
      <dt>{said.owner}</dt>
      <dd>
        <OwnerLink id={agent.org_id} names={names} />
      </dd>
      <dt>{said.price}</dt>
      <dd>
        <Price dollars={agent.price_per_task} />
      </dd>
      <dt>{said.goesTo}</dt>
      <dd>
        <code className="break-all">{shortText(agent.url, URL_MAX)}</code>
      </dd>
    </dl>
  );
}
