import { formatCount, shortText } from "@agentgate/protocol/format";
import { Popover } from "@base-ui/react/popover";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { gatewayNow } from "../../app/gateway-clock.ts";
import { orgText, useOrgNames } from "../../app/org-names.ts";
import type { PlainSearch } from "../../app/plain-search.ts";
import { en } from "../../messages/en.ts";
import { Loaded } from "../../ui/loaded.tsx";
import { type FacetName, facetOf } from "./filter-names.ts";
import { valuesOf } from "./filter-values.ts";
import type { LogFacets } from "./log-row.ts";
import { facetsQuery, filtersOf, timesOf } from "./logs-api.ts";

const said = en.logs;
const VALUE_MAX = 40;

interface FacetPickerProps {
  name: FacetName;
  search: PlainSearch;
  onToggle(value: string, isExcluded: boolean): void;
}

/** The values that calls have, most first, with how many have them: to look at some alone, or to leave some out. */
export function FacetPicker({ name, search, onToggle }: FacetPickerProps) {
  const [openedAtMs, setOpenedAt] = useState<number>();
  return (
    <Popover.Root
      open={openedAtMs !== undefined}
      onOpenChange={(isOpen) => setOpenedAt(isOpen ? gatewayNow() : undefined)}
    >
      <Popover.Trigger className="button">{said.names[name]}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={8} align="start" className="z-40">
          <Popover.Popup
            aria-label={said.pick.of(said.names[name])}
            className="max-h-96 w-88 max-w-[calc(100vw-2rem)] overflow-y-auto rounded-panel border border-edge bg-raised p-3"
          >
            {openedAtMs !== undefined && <Values name={name} search={search} nowMs={openedAtMs} onToggle={onToggle} />}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

function Values({ name, search, nowMs, onToggle }: FacetPickerProps & { nowMs: number }) {
  const facets = useQuery(facetsQuery(name, filtersOf(search), timesOf(search, nowMs)));
  const isPayer = name === "payer_org_id";
  const names = useOrgNames(isPayer ? (facets.data?.payer ?? []).map(({ value }) => value) : []);
  const textOf = (one: Facet) => (isPayer ? orgText(one.value, names) : labelOf(one));
  const [wanted, refused] = [valuesOf(search[name]), valuesOf(search[`not_${name}`])];
  return (
    <Loaded query={facets} rows={4}>
      {(found) => {
        const values = found[facetOf[name]];
        if (values.length === 0) return <p className="text-ink-2">{said.pick.nothing}</p>;
        return (
          <>
            <ul>
              {values.map((one) => (
                <li key={one.value} className="flex items-center gap-2 border-line border-b py-1 last:border-0">
                  <span className="min-w-0 grow">{textOf(one)}</span>
                  <span className="whitespace-nowrap text-ink-2">{formatCount(one.count)}</span>
                  <Choice
                    isOn={wanted.includes(one.value)}
                    label={said.pick.only}
                    onPress={() => onToggle(one.value, false)}
                    of={textOf(one)}
                  />
                  <Choice
                    isOn={refused.includes(one.value)}
                    label={said.pick.not}
                    onPress={() => onToggle(one.value, true)}
                    of={textOf(one)}
                  />
                </li>
              ))}
            </ul>
            {found.searched_to !== null && <p className="pt-2 text-ink-2">{said.pick.some}</p>}
          </>
        );
      }}
    </Loaded>
  );
}

type Facet = LogFacets["agent"][number] | LogFacets["error"][number];

const labelOf = (one: Facet): string => shortText(("name" in one && one.name) || one.value, VALUE_MAX);

interface ChoiceProps {
  isOn: boolean;
  label: string;
  of: string;
  onPress(): void;
}

const Choice = ({ isOn, label, of, onPress }: ChoiceProps) => (
  <button
    type="button"
    aria-pressed={isOn}
    aria-label={`${label} ${of}`}
    className={`button shrink-0 whitespace-nowrap px-2 ${isOn ? "button-primary" : ""}`}
    onClick={onPress}
  >
    {label}
  </button>
);
