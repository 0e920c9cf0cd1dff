import { Popover } from "@base-ui/react/popover";
import { useNavigate } from "@tanstack/react-router";
import { en } from "../messages/en.ts";
import type { PlainSearch } from "./plain-search.ts";
import { type Preferences, setPreferences, usePreferences, zones } from "./preferences.ts";

/** Theme, zone and density, behind a button that says the zone: no time is shown whose zone is not. */
export function PreferencesPanel() {
  const preferences = usePreferences();
  const navigate = useNavigate();
  // From here on what is chosen here counts, and not what a link has brought.
  const chooseZone = (zone: string) => {
    setPreferences({ zone });
    void navigate({ to: ".", search: ({ zone: _zone, ...rest }: PlainSearch) => rest, replace: true });
  };
  return (
    <Popover.Root>
      <Popover.Trigger className="button justify-between text-ink-2">{preferences.zone}</Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={8} align="start" className="z-20">
          <Popover.Popup className="flex w-72 flex-col gap-4 rounded-panel border border-edge bg-raised p-4">
            <Choice name="theme" label={en.theme} options={en.themes} value={preferences.theme} />
            <label className="flex flex-col gap-1">
              <span className="font-strong">{en.zone}</span>
              <select className="field" value={preferences.zone} onChange={({ target }) => chooseZone(target.value)}>
                {zones().map((zone) => (
                  <option key={zone}>{zone}</option>
                ))}
              </select>
            </label>
            <Choice name="density" label={en.density} options={en.densities} value={preferences.density} />
            <Choice name="letters" label={en.keys.title} options={en.keys.choices} value={preferences.letters} />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

interface ChoiceProps<Name extends "theme" | "density" | "letters"> {
  name: Name;
  label: string;
  options: Record<Preferences[Name], string>;
  value: Preferences[Name];
}

function Choice<Name extends "theme" | "density" | "letters">({ name, label, options, value }: ChoiceProps<Name>) {
  return (
    <fieldset>
      <legend className="pb-1 font-strong">{label}</legend>
      <div className="flex flex-col gap-1">
        {(Object.entries(options) as [Preferences[Name], string][]).map(([option, text]) => (
          <label key={option} className="flex items-center gap-2">
            <input
              type="radio"
              name={name}
              checked={option === value}
              onChange={() => setPreferences({ [name]: option })}
            />
            {text}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
