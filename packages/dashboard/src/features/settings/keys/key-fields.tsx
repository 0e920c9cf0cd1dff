import { en } from "../../../messages/en.ts";
import { Field, findingOf } from "../../../ui/field.tsx";
import { AgentPicker } from "./agent-picker.tsx";
import { type KeyDraft, mistakesIn, PERIODS } from "./key-draft.ts";
import { ScopeChoice } from "./scope-choice.tsx";

const said = en.settings;
const NAME_MAX = 255;

interface KeyFieldsProps {
  draft: KeyDraft;
  /** With the one field that is another now. */
  onChange(changes: Partial<KeyDraft>): void;
  /** Mistakes are told once somebody has tried. */
  isTried: boolean;
  /** What the gateway said to what was sent. */
  error: unknown;
  /** How long it is to work, where that is asked. */
  children?: React.ReactNode;
}

/** What a key is called, may do and is bounded by. */
export function KeyFields({ draft, onChange, isTried, error, children }: KeyFieldsProps) {
  const mistakes = isTried ? mistakesIn(draft) : {};
  const found = (...path: (string | number)[]) => findingOf(error, ...path);
  const amount = (label: string, value: string, set: (text: string) => void, wrong: string | undefined) => (
    <Field label={label} error={wrong}>
      <input
        className="field"
        inputMode="decimal"
        autoComplete="off"
        value={value}
        onChange={({ target }) => set(target.value)}
      />
    </Field>
  );
  return (
    <>
      <Field label={said.keyName} hint={said.keyNameHint} error={mistakes.name ?? found("name")}>
        <input
          className="field max-w-md"
          value={draft.name}
          maxLength={NAME_MAX}
          autoComplete="off"
          onChange={({ target }) => onChange({ name: target.value })}
        />
      </Field>
      <ScopeChoice
        chosen={draft.scopes}
        onChange={(scopes) => onChange({ scopes })}
        error={mistakes.scopes ?? found("scopes")}
      />
      {children}
      <fieldset className="grid grid-cols-[minmax(0,1fr)] gap-4 broad:grid-cols-2">
        <legend className="pb-2 font-strong">{said.bounds}</legend>
        <AgentPicker chosen={draft.agents} onChange={(agents) => onChange({ agents })} error={found("agents")} />
        <Field label={said.ipAllow} hint={said.ipAllowHint} error={ipFinding(error, draft)}>
          <textarea
            className="field"
            rows={3}
            value={draft.ips}
            onChange={({ target }) => onChange({ ips: target.value })}
          />
        </Field>
        {amount(said.perCallMax, draft.max, (max) => onChange({ max }), mistakes.max ?? found("per_call_max"))}
        <div className="grid grid-cols-2 gap-4">
          {amount(said.rateOf, draft.rate, (rate) => onChange({ rate }), mistakes.rate ?? found("rate_limit"))}
          {amount(said.burstOf, draft.burst, (burst) => onChange({ burst }), mistakes.burst ?? found("rate_burst"))}
        </div>
        <fieldset className="broad:col-span-2">
          <legend className="pb-1 font-strong">{said.budgets}</legend>
          <p className="pb-2 text-ink-2">{said.budgetsHint}</p>
          <div className="grid grid-cols-2 gap-4 broad:grid-cols-4">
            {PERIODS.map((period) => (
              <div key={period}>
                {amount(
                  said.budgetNames[period],
                  draft.budgets[period],
                  (text) => onChange({ budgets: { ...draft.budgets, [period]: text } }),
                  mistakes[period],
                )}
              </div>
            ))}
          </div>
        </fieldset>
      </fieldset>
    </>
  );
}

/** Which of the lines is no address. */
function ipFinding(error: unknown, { ips }: KeyDraft): string | undefined {
  const lines = ips.split(/\s+/).filter(Boolean);
  const at = lines.findIndex((_, index) => findingOf(error, "ip_allow", index));
  return at < 0 ? findingOf(error, "ip_allow") : `${lines[at]}: ${findingOf(error, "ip_allow", at)}`;
}
