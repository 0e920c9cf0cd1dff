import { useMay } from "../../../app/use-may.ts";
import { en } from "../../../messages/en.ts";

const said = en.settings;
const ALL = "*";
const CALLS = ["tasks:call", "chains:run", "checkouts:use", "reviews:write"];
const READS = /:(?:read|inspect)$/;

/** Scopes as one chooses among them; whoever gives them has them. */
const groups = Object.entries(said.groups).map(([group, name]) => ({
  name,
  scopes: Object.keys(said.words).filter((scope) => groupOf(scope) === group),
}));

function groupOf(scope: string): string {
  if (CALLS.includes(scope)) return "calls";
  return READS.test(scope) ? "reads" : "changes";
}

interface ScopeChoiceProps {
  chosen: readonly string[];
  onChange(chosen: readonly string[]): void;
  error: string | undefined;
}

/** What a key may do, in words; each beside its name, as refusals say it. */
export function ScopeChoice({ chosen, onChange, error }: ScopeChoiceProps) {
  const may = useMay();
  const isAll = chosen.includes(ALL);
  const toggle = (scope: string) =>
    onChange(chosen.includes(scope) ? chosen.filter((other) => other !== scope) : [...chosen, scope]);
  return (
    <fieldset className="flex flex-col gap-3" aria-describedby={error && "scopes-error"}>
      <legend className="pb-1 font-strong">{said.mayWhat}</legend>
      <div className="flex flex-col gap-1">
        {[false, true].map((all) => (
          <label key={`${all}`} className="flex min-h-8 items-center gap-2">
            <input type="radio" name="all" checked={isAll === all} onChange={() => onChange(all ? [ALL] : [])} />
            {all ? said.mayAll : said.maySome}
          </label>
        ))}
      </div>
      {!isAll && (
        <div className="grid grid-cols-[minmax(0,1fr)] gap-4 broad:grid-cols-3">
          {groups.map(({ name, scopes }) => (
            <fieldset key={name}>
              <legend className="pb-1 text-ink-2">{name}</legend>
              {scopes.filter(may).map((scope) => (
                <label key={scope} className="flex min-h-8 items-center gap-2">
                  <input type="checkbox" checked={chosen.includes(scope)} onChange={() => toggle(scope)} />
                  <span>
                    {said.words[scope]} <code className="text-ink-3">{scope}</code>
                  </span>
                </label>
              ))}
            </fieldset>
          ))}
        </div>
      )}
      {error && (
        <p id="scopes-error" className="text-fail">
          {error}
        </p>
      )}
    </fieldset>
  );
}
