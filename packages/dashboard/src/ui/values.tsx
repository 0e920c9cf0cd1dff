import { microDollarsFromNumber } from "@agentgate/protocol";
import {
  formatAge,
  formatClock,
  formatDuration,
  formatInstant,
  formatMoney,
  formatPrice,
} from "@agentgate/protocol/format";
import { gatewayNow } from "../app/gateway-clock.ts";
import { usePreferences } from "../app/preferences.ts";
import { useNow } from "../app/use-now.ts";
import { Exact } from "./exact.tsx";

/** An amount in dollars as the API has it; exact. `–` where there is none. */
export function Money({ dollars, decimals }: { dollars: number | null | undefined; decimals?: number }) {
  if (dollars === null || dollars === undefined) return <>–</>;
  return <span className="whitespace-nowrap">{formatMoney(microDollarsFromNumber(dollars), { decimals })}</span>;
}

export function Price({ dollars }: { dollars: number }) {
  return <span className="whitespace-nowrap">{formatPrice(microDollarsFromNumber(dollars))}</span>;
}

/** How long ago, and exactly when. */
export function Age({ at }: { at: string | null | undefined }) {
  const { zone } = usePreferences();
  const now = useNow();
  if (!at) return <>–</>;
  const ms = Date.parse(at);
  // What has just happened is not to come, though the time shown moves on every few seconds only.
  const nowMs = ms <= gatewayNow() ? Math.max(now, ms) : now;
  return <Exact exactly={formatInstant(ms, { zone })}>{formatAge(ms, nowMs, { zone })}</Exact>;
}

/** The clock, as rows of a log have it. */
export function Clock({ at }: { at: string }) {
  const { zone } = usePreferences();
  const ms = Date.parse(at);
  return <Exact exactly={formatInstant(ms, { zone })}>{formatClock(ms, { zone })}</Exact>;
}

export const Duration = ({ ms }: { ms: number | null | undefined }) => (
  <span className="whitespace-nowrap">{ms === null || ms === undefined ? "–" : formatDuration(ms)}</span>
);
