import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import type { PlainSearch } from "../../app/plain-search.ts";
import { enAdmin } from "../../messages/en-admin.ts";
import { Field } from "../../ui/field.tsx";
import { type Filter, filterNames } from "./admin-audit-api.ts";

const said = enAdmin.adminAudit;

/** Whose, what, to what, when: each stands in the address. */
export function AuditFilters({ filter }: { filter: Filter }) {
  const navigate = useNavigate();
  const [given, setGiven] = useState<Filter>(filter);
  const apply = (next: Filter) =>
    void navigate({
      to: ".",
      search: ({ entry: _entry, ...now }: PlainSearch) => {
        const cleared = Object.fromEntries([...filterNames, "from", "to"].map((name) => [name, undefined]));
        return { ...now, ...cleared, ...next };
      },
    });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    apply(given);
  };
  const isNarrowed = Object.keys(filter).length > 0;
  const field = (name: keyof Filter, type: "text" | "date" = "text") => (
    <Field key={name} label={said.filters[name]}>
      <input
        type={type}
        className="field"
        placeholder={type === "text" ? said.examples[name as keyof typeof said.examples] : undefined}
        value={type === "date" ? (given[name] ?? "").slice(0, 10) : (given[name] ?? "")}
        onChange={({ target }) => {
          const { [name]: _before, ...rest } = given;
          const value = type === "date" && target.value ? `${target.value}T00:00:00Z` : target.value.trim();
          setGiven(value ? { ...rest, [name]: value } : rest);
        }}
        spellCheck={false}
      />
    </Field>
  );
  return (
    <form className="pb-6" onSubmit={submit}>
      <div className="grid grid-cols-2 gap-3 broad:grid-cols-4 full:grid-cols-7">
        {filterNames.map((name) => field(name))}
        {field("from", "date")}
        {field("to", "date")}
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
              apply({});
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
