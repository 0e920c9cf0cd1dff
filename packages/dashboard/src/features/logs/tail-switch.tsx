import { useKeys } from "../../app/keys/use-keys.ts";
import { AsOf, LiveMark } from "../../app/live/live-mark.tsx";
import { en } from "../../messages/en.ts";
import type { Tail } from "./use-tail.ts";

const said = en.logs;

interface TailSwitchProps {
  tail: Tail;
  isOn: boolean;
  /** When what is shown was read, where nothing is told of it any more. */
  readAtMs: number | undefined;
  onChange(isOn: boolean): void;
}

/** Whether calls are shown as they come; and, where they are not, of when what is shown is. */
export function TailSwitch({ tail, isOn, readAtMs, onChange }: TailSwitchProps) {
  useKeys([{ keys: "t", does: said.keys.tail, run: () => onChange(!isOn) }]);
  return (
    <div className="flex items-center gap-3">
      <span role="status" className="text-ink-2">
        {isOn ? <LiveMark told={tail} readAtMs={readAtMs} /> : <AsOf atMs={readAtMs} />}
      </span>
      <button type="button" role="switch" aria-checked={isOn} className="button" onClick={() => onChange(!isOn)}>
        {isOn ? said.tailIsOn : said.tailIsOff}
      </button>
    </div>
  );
}
