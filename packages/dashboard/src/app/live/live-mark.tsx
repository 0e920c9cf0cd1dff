import { formatClock } from "@agentgate/protocol/format";
import { en } from "../../messages/en.ts";
import { State } from "../../ui/state.tsx";
import { usePreferences } from "../preferences.ts";
import type { Told } from "./use-live.ts";

/** Whether what is shown follows what happens; where it does not, of when it is. */
export function LiveMark({ told: { state, atMs }, readAtMs = 0 }: { told: Told; readAtMs?: number | undefined }) {
  if (state === "live") return <State is="running" word={en.live} />;
  if (state === "connecting") return <State is="unknown" word={en.connecting} />;
  return <AsOf atMs={Math.max(atMs, readAtMs)} />;
}

/** Of when what is shown is; nothing where that is not known. */
export function AsOf({ atMs }: { atMs: number | undefined }) {
  const { zone } = usePreferences();
  return atMs ? <State is="unknown" word={en.asOf(formatClock(atMs, { zone }).slice(0, 8))} /> : null;
}
