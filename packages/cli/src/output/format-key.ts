import type { ApiKey, KeyBudget } from "@agentgate/protocol";
import { formatCount, formatDollars, formatTime } from "./format.ts";

/** Whether a key opens anything, and until when. */
export function keyState({ disabled_at, expires_at }: ApiKey, now = Date.now()): string {
  if (disabled_at !== null) return "disabled";
  if (expires_at === null) return "works";
  return Date.parse(expires_at) <= now ? "expired" : `until ${formatTime(expires_at)}`;
}

/** What a key is and may, in labelled lines: its bounds only where it has any. */
export function formatKey(key: ApiKey): (readonly [string, string])[] {
  const { agents, rate_limit, rate_burst, per_call_max, ip_allow } = key;
  return [
    ["Id", key.id],
    ["Name", key.name],
    ...(key.last4 === null ? [] : [["Key", `${key.prefix}…${key.last4}`] as const]),
    ["State", keyState(key)],
    ["Scopes", key.scopes.includes("*") ? "everything" : key.scopes.join(", ")],
    ...(agents ? [["Agents", agents.join(", ")] as const] : []),
    ...(per_call_max === null ? [] : [["A call", `${formatDollars(per_call_max)} at most`] as const]),
    ...(rate_limit === null ? [] : [["Tasks", `${formatCount(rate_limit)} per second`] as const]),
    ...(rate_burst === null ? [] : [["At once", formatCount(rate_burst)] as const]),
    ...(ip_allow ? [["From", ip_allow.join(", ")] as const] : []),
    ...key.budgets.map((budget) => ["Budget", formatBudget(budget)] as const),
    ["Created", `${formatTime(key.created_at)} UTC`],
    ["Last used", key.last_used_at === null ? "never" : `${formatTime(key.last_used_at)} UTC`],
  ];
}

function formatBudget({ amount, period, spent, held }: KeyBudget): string {
  const span = period === "total" ? "in all" : `a ${period}`;
  return `${formatDollars(amount)} ${span}, ${formatDollars(spent)} spent${held > 0 ? `, ${formatDollars(held)} held` : ""}`;
}
