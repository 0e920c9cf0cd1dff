import type { AuditEntry } from "@agentgate/client";
import { formatCount, shortText } from "@agentgate/protocol/format";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { useOrgNames } from "../../app/org-names.ts";
import type { PlainSearch } from "../../app/plain-search.ts";
import { en } from "../../messages/en.ts";
import { enAdmin } from "../../messages/en-admin.ts";
import { BesidePanel } from "../../ui/beside-panel.tsx";
import { Command } from "../../ui/command.tsx";
import { type Column, DataTable } from "../../ui/data-table.tsx";
import { Loaded } from "../../ui/loaded.tsx";
import { MoreButton } from "../../ui/more-button.tsx";
import { Page, Section } from "../../ui/page.tsx";
import { SameByCurl } from "../../ui/same-by-curl.tsx";
import { Age } from "../../ui/values.tsx";
import { auditPath, auditQuery, filterOf } from "./admin-audit-api.ts";
import { AuditFilters } from "./audit-filters.tsx";
import { actorOf, EntryPanel } from "./entry-panel.tsx";

const said = enAdmin.adminAudit;
const NAME_MAX = 40;
const FIELDS_MAX = 50;

const columnsWith = (orgNames: ReadonlyMap<string, string>): Column<AuditEntry>[] => [
  { id: "at", head: said.at, cell: ({ at }) => <Age at={at} /> },
  {
    id: "actor",
    head: said.who,
    cell: ({ actor }) => (
      <span className="wide:whitespace-nowrap">{shortText(actorOf(actor, orgNames), NAME_MAX)}</span>
    ),
  },
  {
    id: "action",
    head: said.what,
    isName: true,
    cell: ({ id, action }) => (
      <Link to="." search={(now: PlainSearch) => ({ ...now, entry: id })} className="whitespace-nowrap">
        <code>{action}</code>
      </Link>
    ),
  },
  {
    id: "target",
    head: said.target,
    cell: ({ target: { kind, id, name } }) => (
      <>
        {name ? shortText(name, NAME_MAX) : kind} {id && <code className="text-ink-3">{shortText(id, 8)}</code>}
      </>
    ),
  },
  {
    id: "changes",
    head: said.fields,
    cell: ({ changes }) =>
      changes.length === 0 ? "–" : <code>{shortText(changes.map(({ field }) => field).join(", "), FIELDS_MAX)}</code>,
  },
];

/** Who changed what, and when: narrowed, looked into, taken along, proven. */
export function AdminAudit() {
  const search = useSearch({ strict: false }) as PlainSearch;
  const filter = filterOf(search);
  const audit = useInfiniteQuery(auditQuery(filter));
  const rows = audit.data?.pages.flatMap(({ entries }) => entries) ?? [];
  const columns = columnsWith(useOrgNames(rows.map(({ actor }) => actor.org_id)));
  const open = search.entry ? rows.find(({ id }) => id === search.entry) : undefined;
  return (
    <Page
      title={en.adminPages.audit}
      actions={
        <div className="flex flex-wrap gap-3">
          <a className="button" href={auditPath(filter, "csv")} download="audit.csv">
            {said.asCsv}
          </a>
          <a className="button" href={auditPath(filter, "ndjson")} download="audit.ndjson">
            {said.asNdjson}
          </a>
        </div>
      }
    >
      <AuditFilters filter={filter} />
      <BesidePanel panel={search.entry && audit.data && <EntryPanel entry={open} />}>
        <Loaded query={audit} rows={12}>
          {() =>
            rows.length === 0 && !audit.hasNextPage ? (
              <p className="text-ink-2">{said.none}</p>
            ) : (
              <>
                <DataTable
                  caption={en.adminPages.audit}
                  columns={search.entry ? columns.filter(({ id }) => id !== "changes") : columns}
                  rows={rows}
                  keyOf={({ id }) => id}
                  isSelected={({ id }) => id === search.entry}
                />
                <p className="pt-3 text-ink-2">
                  {audit.hasNextPage ? said.shown(formatCount(rows.length)) : said.all(formatCount(rows.length))}
                </p>
                <MoreButton of={audit} label={said.older} />
              </>
            )
          }
        </Loaded>
      </BesidePanel>
      <div className="pt-12">
        <Section title={said.prove}>
          <p className="pb-3 text-ink-2">{said.proveWhy}</p>
          <Command>{said.commands}</Command>
        </Section>
      </div>
      <SameByCurl cli={["agentgate audit list"]} paths={[auditPath(filter)]} />
    </Page>
  );
}
