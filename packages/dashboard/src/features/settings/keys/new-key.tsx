import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { gateway } from "../../../app/api.ts";
import type { PlainSearch } from "../../../app/plain-search.ts";
import { useKept } from "../../../app/use-kept.ts";
import { en } from "../../../messages/en.ts";
import { Field, findingOf } from "../../../ui/field.tsx";
import { Section } from "../../../ui/page.tsx";
import { TroubleBox } from "../../../ui/trouble-box.tsx";
import { boundsOf, type KeyDraft, mistakesIn, PERIODS } from "./key-draft.ts";
import { KeyFields } from "./key-fields.tsx";
import { refreshKeys } from "./keys-api.ts";
import type { TextOfKey } from "./shown-key.tsx";

const said = en.settings;
const QUARTER = "7776000";
const DRAFT = ["name", "may", "agents", "ends", "max", "rate", "burst", "ips", ...PERIODS];

const listOf = (text: string): string[] => text.split(",").filter(Boolean);

/** Makes a key for something. What was filled in stands in the address, so that nothing is lost; the key itself never does. */
export function NewKey({ orgId, onMade }: { orgId: string; onMade(key: TextOfKey): void }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useKept("name");
  const [may, setMay] = useKept("may", "tasks:call");
  const [agents, setAgents] = useKept("agents");
  const [ends, setEnds] = useKept("ends", QUARTER);
  const [max, setMax] = useKept("max");
  const [rate, setRate] = useKept("rate");
  const [burst, setBurst] = useKept("burst");
  const [ips, setIps] = useKept("ips");
  const [day, setDay] = useKept("day");
  const [week, setWeek] = useKept("week");
  const [month, setMonth] = useKept("month");
  const [total, setTotal] = useKept("total");
  const [isTried, setTried] = useState(false);
  const budgets = { day, week, month, total };
  const setBudget = { day: setDay, week: setWeek, month: setMonth, total: setTotal };
  const draft: KeyDraft = { name, scopes: listOf(may), agents: listOf(agents), ends, max, rate, burst, ips, budgets };
  const leave = () =>
    void navigate({
      to: ".",
      search: (now: PlainSearch) =>
        Object.fromEntries(Object.entries(now).filter(([key]) => key !== "new" && !DRAFT.includes(key))),
      replace: true,
    });
  const make = useMutation({
    mutationFn: () => gateway.keysOf(orgId).create(name.trim(), draft.scopes, boundsOf(draft)),
    onSuccess: ({ name, key }) => {
      void refreshKeys(queries, orgId);
      leave();
      onMade({ name, text: key });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(mistakesIn(draft)).length === 0) make.mutate();
  };
  const setters: Record<string, (text: string) => void> = {
    name: setName,
    max: setMax,
    rate: setRate,
    burst: setBurst,
    ips: setIps,
  };
  const change = ({ scopes, agents, budgets, ...texts }: Partial<KeyDraft>) => {
    if (scopes) setMay(scopes.join(","));
    if (agents) setAgents(agents.join(","));
    if (budgets) for (const period of PERIODS) setBudget[period](budgets[period]);
    for (const [name, text] of Object.entries(texts)) setters[name]?.(text);
  };
  return (
    <Section title={said.newKey}>
      <form onSubmit={submit} className="flex flex-col gap-6" noValidate>
        <KeyFields draft={draft} onChange={change} isTried={isTried} error={make.error}>
          <Field label={said.expiresIn} error={findingOf(make.error, "expires_in")}>
            <select className="field max-w-60" value={ends} onChange={({ target }) => setEnds(target.value)}>
              {Object.entries(said.lengths).map(([seconds, words]) => (
                <option key={words} value={seconds === "" ? "never" : seconds}>
                  {words}
                </option>
              ))}
            </select>
          </Field>
        </KeyFields>
        {make.isError && <TroubleBox error={make.error} />}
        <div className="flex flex-wrap gap-3">
          <button type="submit" className="button button-primary" disabled={make.isPending}>
            {said.create}
          </button>
          <button type="button" className="button" onClick={leave}>
            {en.cancel}
          </button>
        </div>
      </form>
    </Section>
  );
}
