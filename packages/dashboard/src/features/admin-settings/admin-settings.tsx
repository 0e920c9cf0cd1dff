import type { GatewaySetting } from "@agentgate/client";
import { shortText, visibleText } from "@agentgate/protocol/format";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { gateway } from "../../app/api.ts";
import type { PlainSearch } from "../../app/plain-search.ts";
import { en } from "../../messages/en.ts";
import { enAdmin } from "../../messages/en-admin.ts";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { NoHit } from "../../ui/no-hit.tsx";
import { Page, Section } from "../../ui/page.tsx";
import { SameByCurl } from "../../ui/same-by-curl.tsx";
import { SearchBox } from "../../ui/search-box.tsx";
import { State } from "../../ui/state.tsx";

const said = enAdmin.adminSettings;
const VALUE_MAX = 200;

const settingsQuery = queryOptions({
  queryKey: ["admin", "settings"],
  queryFn: ({ signal }) => gateway.listSettings({ signal }),
  staleTime: 60_000,
});

const columns: Column<GatewaySetting>[] = [
  {
    id: "env",
    head: said.setting,
    isName: true,
    cell: ({ env, help }) => (
      <div className="py-1">
        <code className="font-strong">{env}</code>
        <p className="max-w-xl text-ink-2">{help}</p>
      </div>
    ),
  },
  { id: "value", head: said.value, cell: ({ value }) => <Value of={value} /> },
  {
    id: "source",
    head: said.source,
    cell: ({ source }) => (
      <span className={`whitespace-nowrap ${source === "default" ? "text-ink-3" : ""}`}>{said.sources[source]}</span>
    ),
  },
  {
    id: "default",
    head: said.default,
    isWideOnly: true,
    cell: ({ default: text }) => <code>{shortText(text, 60)}</code>,
  },
];

/** How the node that answers is set, and what is risky in it, in words. Settings are changed where it is started. */
export function AdminSettings() {
  const { q = "", only } = useSearch({ strict: false }) as PlainSearch;
  const navigate = useNavigate();
  const settings = useQuery(settingsQuery);
  const set = (changes: PlainSearch) =>
    void navigate({ to: ".", search: (now: PlainSearch) => ({ ...now, ...changes }), replace: true });
  const wanted = q.trim().toLowerCase();
  const isWanted = ({ env, help, source }: GatewaySetting) =>
    (only !== "set" || source !== "default") && `${env} ${help}`.toLowerCase().includes(wanted);
  return (
    <Page
      title={en.adminPages.settings}
      actions={
        <div className="flex w-full flex-wrap items-center gap-3 wide:w-auto">
          <SearchBox label={said.search} value={q} onSettled={(text) => set({ q: text })} />
          <label className="flex items-center gap-2">
            <input
              type="checkbox"
              checked={only === "set"}
              onChange={({ target }) => set({ only: target.checked ? "set" : undefined })}
            />
            {said.onlySet}
          </label>
        </div>
      }
    >
      <Loaded query={settings} rows={14}>
        {(all) => {
          const rows = all.filter(isWanted);
          return (
            <div className="grid grid-cols-[minmax(0,1fr)] gap-8">
              <Risks settings={all} />
              <Section title={said.all}>
                <p className="pb-3 text-ink-2">{said.readOnly}</p>
                {rows.length === 0 ? (
                  <NoHit clear={said.clear} filters={["q", "only"]}>
                    {said.noHit}
                  </NoHit>
                ) : (
                  <DataTable caption={said.all} columns={columns} rows={rows} keyOf={({ name }) => name} />
                )}
              </Section>
            </div>
          );
        }}
      </Loaded>
      <SameByCurl cli={["agentgate settings"]} paths={["/settings"]} />
    </Page>
  );
}

function Risks({ settings }: { settings: readonly GatewaySetting[] }) {
  const risky = settings.filter(({ risk }) => risk);
  return (
    <Section title={said.risky}>
      {risky.length === 0 ? (
        <State is="ok" word={said.nothingRisky} />
      ) : (
        <ul>
          {risky.map(({ name, env, value, risk }) => (
            <li key={name} className="border-line border-b py-2">
              <p className="flex flex-wrap items-baseline gap-x-2">
                <State is="slow" word="" />
                <code className="font-strong">{env}</code>
                <Value of={value} />
              </p>
              <p className="max-w-xl pl-5">{risk}</p>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

/** As one would write it into the variable. */
function Value({ of: value }: { of: unknown }) {
  if (value === null || value === undefined || value === "") return <span className="text-ink-3">{said.notSet}</span>;
  if (typeof value === "boolean") return <code>{value ? "1" : "0"}</code>;
  if (Array.isArray(value) && value.length === 0) return <span className="text-ink-3">{said.notSet}</span>;
  const text = Array.isArray(value) ? value.join(",") : typeof value === "object" ? JSON.stringify(value) : `${value}`;
  return <code className="break-all">{shortText(visibleText(text), VALUE_MAX)}</code>;
}
