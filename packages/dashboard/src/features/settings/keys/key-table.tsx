import { type ApiKey, microDollarsFromNumber } from "@agentgate/protocol";
import { formatMoney, shortText } from "@agentgate/protocol/format";
import { Link } from "@tanstack/react-router";
import type { PlainSearch } from "../../../app/plain-search.ts";
import { useNow } from "../../../app/use-now.ts";
import { en } from "../../../messages/en.ts";
import { DataTable } from "../../../ui/data-table.tsx";
import { State } from "../../../ui/state.tsx";
import { Age, Money } from "../../../ui/values.tsx";
import { stateOf, tailOf } from "./keys-api.ts";

const said = en.settings;
const NAME_MAX = 40;
const SCOPES_SHOWN = 2;
const SHAPES = { works: "ok", disabled: "unknown", over: "failed" } as const;

export function KeyTable({ keys }: { keys: readonly ApiKey[] }) {
  return (
    <DataTable
      caption={said.keys}
      rows={keys}
      keyOf={({ id }) => id}
      columns={[
        {
          id: "name",
          head: said.keyName,
          isName: true,
          cell: ({ id, name }) => (
            <Link to="." search={(now: PlainSearch) => ({ ...now, key: id })} resetScroll={false}>
              {shortText(name, NAME_MAX)}
            </Link>
          ),
        },
        { id: "key", head: said.key, cell: (key) => <code>{tailOf(key)}</code> },
        { id: "may", head: said.may, cell: ({ scopes }) => <Scopes scopes={scopes} /> },
        { id: "state", head: said.state, cell: (key) => <KeyStateOf apiKey={key} /> },
        { id: "created", head: said.created, isWideOnly: true, cell: ({ created_at }) => <Age at={created_at} /> },
        {
          id: "used",
          head: said.lastUsed,
          cell: ({ last_used_at }) => (last_used_at ? <Age at={last_used_at} /> : said.neverUsed),
        },
        {
          id: "ends",
          head: said.expires,
          cell: ({ expires_at }) => (expires_at ? <Age at={expires_at} /> : said.never),
        },
        { id: "spent", head: said.spent, isNumber: true, cell: ({ budgets }) => <Budgets budgets={budgets} /> },
      ]}
    />
  );
}

export function KeyStateOf({ apiKey }: { apiKey: ApiKey }) {
  const state = stateOf(apiKey, useNow());
  return <State is={SHAPES[state]} word={said.states[state]} />;
}

const Scopes = ({ scopes }: { scopes: readonly string[] }) => {
  if (scopes.includes("*")) return <>{said.everything}</>;
  const rest = scopes.length - SCOPES_SHOWN;
  return (
    <>
      <code>{scopes.slice(0, SCOPES_SHOWN).join(" ")}</code> {rest > 0 && said.more(rest)}
    </>
  );
};

export function Budgets({ budgets }: { budgets: ApiKey["budgets"] }) {
  if (budgets.length === 0) return <span className="text-ink-3">{said.noBudget}</span>;
  return (
    <>
      {budgets.map(({ period, amount, spent }) => (
        <span key={period} className="block">
          <Money dollars={spent} />{" "}
          <span className="text-ink-2">
            {said.budgetOf(formatMoney(microDollarsFromNumber(amount)), said.periods[period])}
          </span>
        </span>
      ))}
    </>
  );
}
