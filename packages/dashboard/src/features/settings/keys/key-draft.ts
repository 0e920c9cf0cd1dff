import type { ApiKey } from "@agentgate/protocol";
import { en } from "../../../messages/en.ts";
import { dollarsIn } from "../../../ui/dollars.ts";

const said = en.settings;
export const PERIODS = ["day", "week", "month", "total"] as const;
type Period = (typeof PERIODS)[number];
const NUMBER = /^\d{1,7}(?:\.\d+)?$/;
const COUNT = /^\d{1,7}$/;

/** A key that somebody is about to make, as it is typed. */
export interface KeyDraft {
  name: string;
  scopes: readonly string[];
  /** Ids; none for all. */
  agents: readonly string[];
  /** Seconds, or `never`. */
  ends: string;
  max: string;
  rate: string;
  burst: string;
  /** One a line. */
  ips: string;
  budgets: Record<Period, string>;
}

type Mistakes = Partial<Record<"name" | "scopes" | "max" | "rate" | "burst" | Period, string>>;

/** What the gateway need not be asked about. */
export function mistakesIn({ name, scopes, max, rate, burst, budgets }: KeyDraft): Mistakes {
  const mistakes: Mistakes = {};
  if (name.trim() === "") mistakes.name = said.noName;
  if (scopes.length === 0) mistakes.scopes = said.noScope;
  if (max !== "" && dollarsIn(max) === undefined) mistakes.max = en.notAnAmount;
  if (rate !== "" && !(NUMBER.test(rate) && Number(rate) > 0)) mistakes.rate = said.notANumber;
  if (burst !== "" && !(COUNT.test(burst) && Number(burst) > 0)) mistakes.burst = said.notANumber;
  for (const period of PERIODS) {
    if (budgets[period] !== "" && !dollarsIn(budgets[period])) mistakes[period] = en.notAnAmount;
  }
  return mistakes;
}

/** As the API takes it; what is left empty bounds nothing. */
export function boundsOf({ agents, ends, max, rate, burst, ips, budgets }: KeyDraft) {
  const ranges = ips.split(/\s+/).filter(Boolean);
  const amounts = PERIODS.filter((period) => budgets[period] !== "");
  return {
    agents: agents.length > 0 ? agents : null,
    expiresIn: ends === "never" ? null : Number(ends),
    perCallMax: max === "" ? null : dollarsIn(max)!,
    rateLimit: rate === "" ? null : Number(rate),
    rateBurst: burst === "" ? null : Number(burst),
    ipAllow: ranges.length > 0 ? ranges : null,
    budgets: amounts.map((period) => ({ period, amount: dollarsIn(budgets[period])! })),
  };
}

/** A key as it is, to be changed; how long it works stays as it was made. */
export const draftOf = (key: ApiKey): KeyDraft => ({
  name: key.name,
  scopes: key.scopes,
  agents: key.agents ?? [],
  ends: "never",
  max: textOf(key.per_call_max),
  rate: textOf(key.rate_limit),
  burst: textOf(key.rate_burst),
  ips: (key.ip_allow ?? []).join("\n"),
  budgets: Object.fromEntries(
    PERIODS.map((period) => [period, textOf(key.budgets.find((one) => one.period === period)?.amount)]),
  ) as KeyDraft["budgets"],
});

/** What is to be another than it is, as the API takes it. A budget that stays keeps the parts that are told. */
export function changesOf(draft: KeyDraft, key: ApiKey) {
  const { expiresIn: _unchanged, budgets, ...bounds } = boundsOf(draft);
  const told = (period: Period) => key.budgets.find((one) => one.period === period)?.alerts;
  const before = draftOf(key);
  const wanted = {
    name: draft.name.trim(),
    scopes: [...draft.scopes],
    ...bounds,
    budgets: budgets.map((budget) => ({ ...budget, ...(told(budget.period) && { alerts: told(budget.period)! }) })),
  };
  const was = { name: before.name, scopes: [...before.scopes], ...boundsOf(before) };
  const isOther = (name: keyof typeof wanted) =>
    name === "budgets"
      ? PERIODS.some((period) => draft.budgets[period] !== before.budgets[period])
      : JSON.stringify(wanted[name]) !== JSON.stringify(was[name]);
  return Object.fromEntries(Object.entries(wanted).filter(([name]) => isOther(name as keyof typeof wanted))) as Partial<
    typeof wanted
  >;
}

const textOf = (value: number | null | undefined): string => (value === null || value === undefined ? "" : `${value}`);
