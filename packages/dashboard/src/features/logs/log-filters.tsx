import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { orgText, useOrgNames } from "../../app/org-names.ts";
import type { PlainSearch } from "../../app/plain-search.ts";
import { sessionQuery } from "../../app/session.ts";
import { useIsNarrow } from "../../app/use-is-narrow.ts";
import { en } from "../../messages/en.ts";
import { Chip } from "../../ui/chip.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Segments } from "../../ui/segments.tsx";
import { FacetPicker } from "./facet-picker.tsx";
import { facetNames, typedNames } from "./filter-names.ts";
import { toggled, valuesOf } from "./filter-values.ts";
import { TypedFilter } from "./typed-filter.tsx";

const said = en.logs;

interface LogFiltersProps {
  search: PlainSearch;
  change(next: (now: PlainSearch) => PlainSearch): void;
  /** Names of agents that are known from rows. */
  nameOf(agentId: string): string | undefined;
}

/** What narrows the log: outcome, agent, failure, payer and whatever else a call has; each that holds can be taken away. */
export function LogFilters({ search, change, nameOf }: LogFiltersProps) {
  const { data: session } = useQuery(sessionQuery);
  const set = (name: string, value: string | undefined) => change((now) => ({ ...now, at: undefined, [name]: value }));
  const payers = useOrgNames([search.payer_org_id, search.not_payer_org_id].flatMap(valuesOf));
  const isNarrow = useIsNarrow();
  const [isOpen, setOpen] = useState(false);
  const pickers = (
    <>
      {session?.kind === "org" && (
        <Segments
          name="role"
          label={said.names.role}
          options={{ "": said.roles.owner, payer: said.roles.payer }}
          value={search.role ?? ""}
          onChange={(value) => set("role", value)}
        />
      )}
      {facetNames.map((name) => (
        <FacetPicker
          key={name}
          name={name}
          search={search}
          onToggle={(value, isExcluded) => change((now) => toggled(now, name, value, isExcluded))}
        />
      ))}
      <TypedFilter onApply={set} />
    </>
  );
  return (
    <div className="flex flex-wrap items-center gap-2 pb-4">
      <Segments
        name="status"
        label={said.status}
        options={{ "": said.all, success: said.ok, error: said.failed }}
        value={search.status ?? ""}
        onChange={(value) => set("status", value)}
      />
      {isNarrow ? (
        <>
          <button type="button" className="button" aria-haspopup="dialog" onClick={() => setOpen(true)}>
            {said.filters}
          </button>
          <Dialog title={said.filters} isOpen={isOpen} onClose={() => setOpen(false)}>
            <div className="flex flex-col items-start gap-3">{pickers}</div>
          </Dialog>
        </>
      ) : (
        pickers
      )}
      {facetNames.flatMap((name) =>
        [false, true].flatMap((isExcluded) =>
          valuesOf(search[isExcluded ? `not_${name}` : name]).map((value) => (
            <Chip
              key={`${isExcluded} ${name} ${value}`}
              name={said.names[name]}
              value={
                (name === "agent_id" && nameOf(value)) || (name === "payer_org_id" ? orgText(value, payers) : value)
              }
              isExcluded={isExcluded}
              onRemove={() => change((now) => toggled(now, name, value, isExcluded))}
            />
          )),
        ),
      )}
      {typedNames.map(
        (name) =>
          search[name] && (
            <Chip key={name} name={said.names[name]} value={search[name]} onRemove={() => set(name, undefined)} />
          ),
      )}
    </div>
  );
}
