import { formatCount } from "@agentgate/protocol/format";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { troubleOf } from "../../app/trouble.ts";
import { en } from "../../messages/en.ts";
import { enAdmin } from "../../messages/en-admin.ts";
import { Section } from "../../ui/page.tsx";
import { State, type StateName } from "../../ui/state.tsx";
import { undeliveredQuery, undeliveredSearch } from "../overview/undelivered.ts";
import {
  ledgerStateQuery,
  nodesQuery,
  settingsQuery,
  silentAgentsQuery,
  waitingApprovalsQuery,
} from "./admin-overview-api.ts";

const said = enAdmin.adminOverview;

/** What an operator has to look at, one line each: how it is, in words, and where more of it is. */
export function Condition() {
  return (
    <Section title={said.condition}>
      <ul className="grid grid-cols-[minmax(0,1fr)] gap-x-8 broad:grid-cols-2">
        <LedgerLine />
        <NodesLine />
        <WebhooksLine />
        <ApprovalsLine />
        <AgentsLine />
        <RisksLine />
      </ul>
    </Section>
  );
}

interface LineProps {
  what: ReactNode;
  is: StateName;
  word: string;
  children?: ReactNode;
}

const Line = ({ what, is, word, children }: LineProps) => (
  <li className="flex min-h-8 flex-wrap items-baseline gap-x-3 border-line border-b py-1">
    <span className="w-28 shrink-0">{what}</span>
    <State is={is} word={word} />
    <span className="text-ink-2">{children}</span>
  </li>
);

/** What a line is before there is an answer, and where there is none. */
const absent = (query: { isError: boolean; error: unknown }) =>
  query.isError
    ? ({ is: "unknown", word: en.states.unknown, children: troubleOf(query.error).message } as const)
    : ({ is: "unknown", word: said.asking } as const);

function LedgerLine() {
  const query = useQuery(ledgerStateQuery);
  const what = <Link to="/admin/ledger">{en.adminPages.ledger}</Link>;
  if (!query.data) return <Line what={what} {...absent(query)} />;
  const { sum, held, reserved, head, checks } = query.data;
  const problems = checks.reduce((count, check) => count + check.problems.length, 0);
  const isSound = problems === 0 && sum === 0 && held === reserved;
  const verified = Math.max(...checks.map(({ seq }) => seq));
  return (
    <Line what={what} is={isSound ? "ok" : "failed"} word={isSound ? said.sound : said.unsound(formatCount(problems))}>
      {said.verifiedTo(formatCount(verified), formatCount(head.seq))}
    </Line>
  );
}

function NodesLine() {
  const query = useQuery(nodesQuery);
  const what = <Link to="/admin/health">{said.nodes}</Link>;
  if (!query.data) return <Line what={what} {...absent(query)} />;
  const silent = query.data.filter(({ lives }) => !lives);
  const versions = new Set(query.data.filter(({ lives }) => lives).map(({ version }) => version));
  return (
    <Line what={what} is={silent.length > 0 ? "slow" : "ok"} word={said.living(query.data.length - silent.length)}>
      {silent.length > 0 && said.silent(silent.length)} {versions.size > 1 && said.versions([...versions].join(", "))}
    </Line>
  );
}

function WebhooksLine() {
  const query = useQuery(nodesQuery);
  const failed = useQuery(undeliveredQuery);
  if (failed.data && failed.data.count > 0) {
    const what = (
      <Link to="/dashboard/webhooks" search={undeliveredSearch}>
        {said.webhooks}
      </Link>
    );
    const { count, hasMore } = failed.data;
    return <Line what={what} is="failed" word={en.overview.undelivered(formatCount(count), hasMore)} />;
  }
  const what = <Link to="/admin/health">{said.webhooks}</Link>;
  if (!query.data) return <Line what={what} {...absent(query)} />;
  const waiting = query.data.find(({ answers }) => answers)?.load.queues?.webhooks;
  if (waiting === undefined) return <Line what={what} is="unknown" word={en.states.unknown} />;
  return (
    <Line what={what} is={waiting > 0 ? "running" : "ok"} word={said.waiting(formatCount(waiting))}>
      {said.countedLast}
    </Line>
  );
}

function ApprovalsLine() {
  const query = useQuery(waitingApprovalsQuery);
  const what = <Link to="/admin/approvals">{en.adminPages.approvals}</Link>;
  if (!query.data) return <Line what={what} {...absent(query)} />;
  const { count, hasMore } = query.data;
  const word = hasMore ? said.moreWait(formatCount(count)) : said.waiting(formatCount(count));
  return <Line what={what} is={count > 0 ? "slow" : "ok"} word={word} />;
}

function AgentsLine() {
  const query = useQuery(silentAgentsQuery);
  const what = (
    <Link to="/admin/agents" search={{ health: "unhealthy" }}>
      {en.adminPages.agents}
    </Link>
  );
  if (!query.data) return <Line what={what} {...absent(query)} />;
  const { count, isExact } = query.data;
  if (count === 0) return <Line what={what} is="ok" word={said.allAnswer} />;
  return <Line what={what} is="failed" word={said.doNotAnswer(formatCount(count), isExact)} />;
}

function RisksLine() {
  const query = useQuery(settingsQuery);
  const what = <Link to="/admin/settings">{en.adminPages.settings}</Link>;
  if (!query.data) return <Line what={what} {...absent(query)} />;
  const risks = query.data.filter(({ risk }) => risk);
  return <Line what={what} is={risks.length > 0 ? "slow" : "ok"} word={said.risks(risks.length)} />;
}
