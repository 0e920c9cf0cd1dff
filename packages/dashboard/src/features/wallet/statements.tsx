import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { gatewayNow } from "../../app/gateway-clock.ts";
import { useOrg } from "../../app/org-page.tsx";
import type { PlainSearch } from "../../app/plain-search.ts";
import { en } from "../../messages/en.ts";
import { ByCurl } from "../../ui/by-curl.tsx";
import { DataTable } from "../../ui/data-table.tsx";
import { Empty } from "../../ui/empty.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { MoreButton } from "../../ui/more-button.tsx";
import { Section } from "../../ui/page.tsx";
import { State } from "../../ui/state.tsx";
import { Money } from "../../ui/values.tsx";
import { kindOf, movementColumns } from "./movement.tsx";
import { type Statement, type StatementLine, statementPath, statementQuery } from "./wallet-api.ts";

const said = en.wallet;
const MONTH = /^20\d\d-(?:0[1-9]|1[0-2])$/;
/** Older ones are had by their address. */
const MONTHS_MAX = 36;

/** A month's account; which month stands in the address. */
export function Statements({ orgId }: { orgId: string }) {
  const search = useSearch({ strict: false }) as PlainSearch;
  const navigate = useNavigate();
  const org = useOrg(orgId);
  const months = monthsSince(org.data?.created_at, gatewayNow());
  const month = MONTH.test(search.month ?? "") ? search.month! : months[0]!;
  const statement = useInfiniteQuery(statementQuery(orgId, month));
  const choose = (to: string) =>
    void navigate({ to: ".", search: (now: PlainSearch) => ({ ...now, month: to === months[0] ? undefined : to }) });
  const query = new URLSearchParams({ month, format: "csv" });
  const path = `${statementPath(orgId)}?${query}`;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-6">
      <div className="flex flex-wrap items-end gap-3">
        <label className="flex flex-col gap-1">
          <span className="font-strong">
            {said.month} <span className="font-normal text-ink-2">({said.utcMonth})</span>
          </span>
          <select className="field" value={month} onChange={({ target }) => choose(target.value)}>
            {!months.includes(month) && <option>{month}</option>}
            {months.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <a className="button" href={path} download>
          {said.csv}
        </a>
      </div>
      <Loaded query={statement} rows={8}>
        {({ pages }) => (
          <>
            <Summary statement={pages[0]!} />
            <Section title={said.lines}>
              <Lines lines={pages.flatMap(({ lines }) => lines)} />
              <MoreButton of={statement} label={said.later} />
            </Section>
          </>
        )}
      </Loaded>
      <ByCurl path={path} />
    </div>
  );
}

function Summary({ statement }: { statement: Statement }) {
  const { opening_balance, closing_balance, totals, reconciliation } = statement;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-6 broad:grid-cols-2">
      <div className="flex flex-col gap-3">
        <dl className="facts">
          <dt>{said.opening}</dt>
          <dd>
            <Money dollars={opening_balance} />
          </dd>
          <dt>{said.closing}</dt>
          <dd className="font-strong">
            <Money dollars={closing_balance} />
          </dd>
        </dl>
        <Reconciled of={reconciliation} />
      </div>
      {totals.length > 0 && (
        <DataTable
          caption={said.totals}
          rows={totals}
          keyOf={({ tx_type }) => tx_type}
          columns={[
            { id: "kind", head: said.kind, isName: true, cell: ({ tx_type }) => kindOf(tx_type) },
            { id: "count", head: said.count, isNumber: true, cell: ({ count }) => `${count}` },
            { id: "debit", head: said.debit, isNumber: true, cell: ({ debited }) => <Money dollars={debited} /> },
            { id: "credit", head: said.credit, isNumber: true, cell: ({ credited }) => <Money dollars={credited} /> },
          ]}
        />
      )}
    </div>
  );
}

function Reconciled({ of: found }: { of: Statement["reconciliation"] }) {
  if (!found) return <p className="text-ink-2">{said.tooManyLines}</p>;
  const { ledger_tasks, logged_tasks, reconciled } = found;
  if (reconciled) return <p className="text-ink-2">{said.reconciled(ledger_tasks)}</p>;
  return (
    <p className="text-fail">
      <State is="failed" word={said.notReconciled(ledger_tasks, logged_tasks)} />
    </p>
  );
}

function Lines({ lines }: { lines: readonly StatementLine[] }) {
  if (lines.length === 0) return <Empty>{said.noLines}</Empty>;
  return (
    <DataTable
      caption={said.lines}
      rows={lines}
      keyOf={({ id }) => id}
      columns={movementColumns((line: StatementLine) => line, lines)}
    />
  );
}

/** This month and those before it in which there was such an organization. */
function monthsSince(createdAt: string | undefined, nowMs: number): string[] {
  const now = new Date(nowMs);
  const first = createdAt?.slice(0, 7) ?? "";
  const months: string[] = [];
  for (let back = 0; back < MONTHS_MAX; back++) {
    const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back)).toISOString().slice(0, 7);
    if (back > 0 && month < first) break;
    months.push(month);
    if (createdAt === undefined) break;
  }
  return months;
}
