import { en } from "../../messages/en.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { setPreferences, usePreferences } from "../preferences.ts";
import type { KeyScope } from "./keymap.ts";
import { keymap } from "./use-keys.ts";

const said = en.keys;

/** Which keys do what here, and the switch that turns off those that are single letters. */
export function KeysHelp({ isOpen, onClose }: { isOpen: boolean; onClose(): void }) {
  const { letters } = usePreferences();
  return (
    <Dialog title={said.title} isOpen={isOpen} onClose={onClose}>
      <KeyList scope="page" title={said.here} />
      <KeyList scope="everywhere" title={said.everywhere} />
      <label className="flex items-start gap-2 border-line border-t pt-4">
        <input
          type="checkbox"
          className="mt-1"
          checked={letters === "on"}
          onChange={({ target }) => setPreferences({ letters: target.checked ? "on" : "off" })}
        />
        <span>
          {said.letters}
          <span className="block text-ink-2">{said.lettersHint}</span>
        </span>
      </label>
    </Dialog>
  );
}

function KeyList({ scope, title }: { scope: KeyScope; title: string }) {
  const bindings = keymap.list(scope);
  if (bindings.length === 0) return null;
  return (
    <section>
      <h3 className="pb-2">{title}</h3>
      <dl className="facts">
        {bindings.map(({ keys, does }) => (
          <div key={keys} className="contents">
            <dt>
              <Keys keys={keys} />
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

const NAMES: Record<string, string> = { Escape: "Esc" };

const Keys = ({ keys }: { keys: string }) => (
  <span className="inline-flex gap-1">
    {keys.split(" ").map((key) => (
      <kbd key={key} className="min-w-6 border border-edge bg-sunken px-1.5 text-center text-ink-1">
        {NAMES[key] ?? key}
      </kbd>
    ))}
  </span>
);
