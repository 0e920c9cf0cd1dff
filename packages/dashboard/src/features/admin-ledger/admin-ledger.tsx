import type { LedgerCheck, LedgerState } from "@agentgate/client";
import { formatCount, formatDuration, formatMoney, moneyDecimals, shortText } from "@agentgate/protocol/format";
import { useQuery } from "@tanstack/react-query";
import { en } from "../../messages/en.ts";
import { enAdmin } from "../../messages/en-admin.ts";
import { Command } from "../../ui/command.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { Page, Section } from "../../ui/page.tsx";
import { SameByCurl } from "../../ui/same-by-curl.tsx";
import { State } from "../../ui/state.tsx";
import { TroubleBox } from "../../ui/trouble-box.tsx";
import { Age, Clock } from "../../ui/values.tsx";
import { reportQuery, stateQuery, type Verified } from "./admin-ledger-api.ts";

const said = enAdmin.adminLedger;
/** As long a list as the walk makes. */
const PROBLEMS_MAX = 100;

/** Whether the books are sound: what is in them, how far that was proven, and the proof by request. */
export function AdminLedger() {
  const report = useQuery(reportQuery);
  const state = useQuery(stateQuery(report.isFetching));
  return (
    <Page
      title={en.adminPages.ledger}
      actions={
        <button
          type="button"
          className="button button-primary"
          disabled={report.isFetching}
          onClick={() => void report.refetch()}
        >
          {report.isFetching ? said.verifying : said.verify}
        </button>
      }
    >
      <div className="grid grid-cols-[minmax(0,1fr)] gap-8">
        <Report report={report} progress={state.data?.verifying ?? null} />
        <Loaded query={state} rows={10}>
          {(data) => (
            <>
              <div className="grid grid-cols-[minmax(0,1fr)] gap-8 broad:grid-cols-2">
                <Balances state={data} />
                <Head state={data} />
              </div>
              <Checks state={data} />
            </>
          )}
        </Loaded>
        <Section title={said.offline}>
          <p className="pb-3 text-ink-2">{said.offlineWhy}</p>
          <Command>{said.commands}</Command>
        </Section>
      </div>
      <SameByCurl cli={["agentgate ledger verify"]} paths={["/admin/ledger/state", "/admin/ledger/verify"]} />
    </Page>
  );
}

interface ReportProps {
  report: { data: Verified | undefined; isFetching: boolean; error: unknown };
  progress: LedgerState["verifying"];
}

/** How far the walk is, and what it has found. */
function Report({ report: { data, isFetching, error }, progress }: ReportProps) {
  if (isFetching) {
    return (
      <div role="status" className="border-accent border-l-2 bg-accent-wash px-4 py-3">
        <p>
          {progress
            ? progress.rows < progress.of
              ? said.progress(formatCount(progress.rows), formatCount(progress.of))
              : said.progressBehind(formatCount(progress.of))
            : said.progressUnknown}
        </p>
        <progress
          className="progress mt-2"
          aria-label={said.verifying}
          {...(progress && progress.of > 0 && { max: progress.of, value: progress.rows })}
        />
      </div>
    );
  }
  if (error) return <TroubleBox error={error} />;
  if (!data) return null;
  return data.ok ? (
    <p role="status" className="flex flex-wrap gap-x-4 border-ink-1 border-l-2 bg-sunken px-4 py-3">
      <State is="ok" word={said.sound} />{" "}
      <span>
        {said.found(
          formatCount(data.rows),
          formatCount(data.accounts),
          formatCount(data.open_holds),
          formatDuration(data.ms),
        )}{" "}
        <Clock at={data.at} />
      </span>
    </p>
  ) : (
    <div role="alert" className="border-fail border-l-2 bg-fail-wash px-4 py-3">
      <p className="pb-2 font-strong text-fail">
        {said.unsound(formatCount(data.problems.length), data.problems.length >= PROBLEMS_MAX)}
      </p>
      <p className="pb-3">{said.whatNow}</p>
      <ProblemTable problems={data.problems} />
    </div>
  );
}

type FoundProblem = LedgerCheck["problems"][number] & { at: number };

const problemColumns: Column<FoundProblem>[] = [
  { id: "row", head: said.row, isName: true, cell: ({ row }) => (row === null ? "–" : formatCount(row)) },
  { id: "message", head: said.problem, cell: ({ message }) => shortText(message, 400) },
  { id: "account", head: said.account, cell: ({ account }) => <code>{shortText(account ?? "–", 60)}</code> },
  { id: "hold", head: said.hold, cell: ({ hold }) => <code>{hold ?? "–"}</code> },
];

const ProblemTable = ({ problems }: { problems: LedgerCheck["problems"] }) => (
  <DataTable
    caption={said.problems}
    columns={problemColumns}
    rows={problems.map((problem, at) => ({ ...problem, at }))}
    keyOf={({ at }) => `${at}`}
  />
);

/** Sums may be more than any single amount may be. */
const microsOf = (dollars: number): bigint => BigInt(dollars.toFixed(6).replace(".", ""));

/** Money on ruled lines, and the sum under it. */
function Balances({ state: { accounts, sum, held } }: { state: LedgerState }) {
  const decimals = moneyDecimals(...[...accounts.map(({ balance }) => balance), sum, held].map(microsOf));
  const told = (dollars: number) => formatMoney(microsOf(dollars), { decimals });
  return (
    <Section title={said.money}>
      <table className="table">
        <caption className="spoken">{said.money}</caption>
        <tbody>
          {accounts.map(({ kind, balance }) => (
            <tr key={kind}>
              <th scope="row">
                {said.kinds[kind]} <span className="text-ink-2">{said.kindsMean[kind]}</span>
              </th>
              <td className="whitespace-nowrap text-right">{told(balance)}</td>
            </tr>
          ))}
          <tr className="border-ink-1 border-t-2">
            <th scope="row" className="font-strong">
              {said.sum}
            </th>
            <td className={`whitespace-nowrap text-right font-strong ${sum === 0 ? "" : "text-fail"}`}>{told(sum)}</td>
          </tr>
          <tr>
            <th scope="row">
              {said.held} <span className="text-ink-2">{said.heldMeans}</span>
            </th>
            <td className="whitespace-nowrap text-right">{told(held)}</td>
          </tr>
        </tbody>
      </table>
    </Section>
  );
}

function Head({ state: { head } }: { state: LedgerState }) {
  return (
    <Section title={said.head}>
      <dl className="facts pb-3">
        <dt>{said.seq}</dt>
        <dd>{formatCount(head.seq)}</dd>
        <dt>{said.hash}</dt>
        <dd>
          <code className="break-all">{head.hash === "" ? "–" : head.hash}</code>
        </dd>
        <dt>{said.written}</dt>
        <dd>
          <Age at={head.seq === 0 ? null : head.at} />
        </dd>
      </dl>
      {head.seq > 0 && <CopyButton text={`${head.seq}:${head.hash}`} label={said.copyHead} />}
      <p className="pt-3 text-ink-2">{said.keepHead}</p>
    </Section>
  );
}

/** What the verification in the background has come to. */
function Checks({ state: { checks, head } }: { state: LedgerState }) {
  const problems = checks.flatMap((check) => check.problems);
  const columns: Column<LedgerCheck>[] = [
    { id: "name", head: said.walk, isName: true, cell: ({ name }) => said.walks[name] },
    {
      id: "state",
      head: said.state,
      cell: ({ problems }) =>
        problems.length === 0 ? (
          <State is="ok" word={said.sound} />
        ) : (
          <State is="failed" word={said.problemsOf(formatCount(problems.length))} />
        ),
    },
    {
      id: "seq",
      head: said.upTo,
      isNumber: true,
      cell: ({ seq }) => said.rowOf(formatCount(seq), formatCount(head.seq)),
    },
    { id: "written", head: said.written, cell: ({ row_written_at: at }) => <Age at={at} /> },
    {
      id: "ended",
      head: said.ended,
      cell: ({ name, ended_at: at }) => (at ? <Age at={at} /> : name === "all" ? said.underWay : said.goesOn),
    },
  ];
  return (
    <Section title={said.background}>
      <p className="pb-3 text-ink-2">{said.backgroundMeans}</p>
      <DataTable caption={said.background} columns={columns} rows={checks} keyOf={({ name }) => name} />
      {problems.length > 0 && (
        <div className="mt-4 border-fail border-l-2 bg-fail-wash px-4 py-3">
          <p className="pb-3">{said.whatNow}</p>
          <ProblemTable problems={problems} />
        </div>
      )}
    </Section>
  );
}
