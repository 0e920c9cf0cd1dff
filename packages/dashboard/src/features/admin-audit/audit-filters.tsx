import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import type { PlainSearch } from "../../app/plain-search.ts";
import { useIsNarrow } from "../../app/use-is-narrow.ts";
import { en } from "../../messages/en.ts";
import { enAdmin } from "../../messages/en-admin.ts";
import { Chip } from "../../ui/chip.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { type Filter, filterNames } from "./admin-audit-api.ts";

const said = enAdmin.adminAudit;
const ALL = [...filterNames, "from", "to"] as const;

/** Whose, what, to what, when: each stands in the address. Where there is no room for them they come when they are asked for. */
export function AuditFilters({ filter }: { filter: Filter }) {
  const navigate = useNavigate();
  const isNarrow = useIsNarrow();
  const [isOpen, setOpen] = useState(false);
  const apply = (next: Filter) => {
    setOpen(false);
    void navigate({
      to: ".",
      search: ({ entry: _entry, ...now }: PlainSearch) => {
        const cleared = Object.fromEntries(ALL.map((name) => [name, undefined]));
        return { ...now, ...cleared, ...next };
      },
    });
  };
  const form = <FilterForm key={JSON.stringify(filter)} filter={filter} onApply={apply} />;
  if (!isNarrow) return <div className="pb-6">{form}</div>;
  return (
    <div className="flex flex-wrap items-center gap-2 pb-6">
      <button type="button" className="button" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        {en.logs.filters}
      </button>
      <Dialog title={en.logs.filters} isOpen={isOpen} onClose={() => setOpen(false)}>
        {form}
      </Dialog>
      {ALL.map((name) => {
        const { [name]: value, ...others } = filter;
        if (value === undefined) return null;
        const shown = isDay(name) ? value.slice(0, 10) : value;
        return <Chip key={name} name={said.filters[name]} value={shown} onRemove={() => apply(others)} />;
      })}
    </div>
  );
}

const isDay = (name: keyof Filter) => name === "from" || name === "to";

function FilterForm({ filter, onApply }: { filter: Filter; onApply(next: Filter): void }) {
  const [given, setGiven] = useState<Filter>(filter);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onApply(given);
  };
  const isNarrowed = Object.keys(filter).length > 0;
  const field = (name: keyof Filter) => (
    <Field key={name} label={said.filters[name]}>
      <input
        type={isDay(name) ? "date" : "text"}
        className="field"
        placeholder={isDay(name) ? undefined : said.examples[name as keyof typeof said.examples]}
        value={isDay(name) ? (given[name] ?? "").slice(0, 10) : (given[name] ?? "")}
        onChange={({ target }) => {
          const { [name]: _before, ...rest } = given;
          const value = isDay(name) && target.value ? `${target.value}T00:00:00Z` : target.value.trim();
          setGiven(value ? { ...rest, [name]: value } : rest);
        }}
        spellCheck={false}
      />
    </Field>
  );
  return (
    <form onSubmit={submit}>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-3 wide:grid-cols-2 broad:grid-cols-4 full:grid-cols-7">
        {ALL.map(field)}
      </div>
      <div className="flex flex-wrap items-center gap-3 pt-3">
        <button type="submit" className="button">
          {said.apply}
        </button>
        {isNarrowed && (
          <button
            type="button"
            className="text-accent underline"
            onClick={() => {
              setGiven({});
              onApply({});
            }}
          >
            {said.clear}
          </button>
        )}
        <span className="text-ink-2">{said.utc}</span>
      </div>
    </form>
  );
}
