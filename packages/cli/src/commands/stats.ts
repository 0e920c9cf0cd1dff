import type { CallSums, StatsBreakdown, StatsPoint } from "@agentgate/protocol";
import { InvalidArgumentError, Option } from "commander";
import { wholeNumber } from "../arguments.ts";
import { examples } from "../examples.ts";
import { findAgentId } from "../find-agent.ts";
import { formatCount, formatDollars, formatTime } from "../output/format.ts";
import type { Column } from "../output/table.ts";
import type { DefineCommand } from "./define-command.ts";

interface StatsOptions {
  last: number;
  step?: number;
  role: "owner" | "payer";
  org?: string;
  top?: StatsBreakdown;
  limit: number;
}

const UNITS: Record<string, number> = { m: 60, h: 3_600, d: 86_400 };
const SECONDS_MAX = 400 * 86_400;

/** `90m`, `24h`, `7d`. */
function seconds(text: string): number {
  const [, count = "", unit = ""] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const value = Number(count) * (UNITS[unit] ?? 0);
  if (value === 0 || value > SECONDS_MAX)
    throw new InvalidArgumentError("It must be such as 90m, 24h or 7d; 400d at most.");
  return value;
}

export const defineStats: DefineCommand = (command, cli) =>
  command
    .argument("[agent]", "the agent's id, or its name; without it, all of the organization")
    .option("--last <time>", "how far back: 90m, 24h, 7d", seconds, 86_400)
    .option("--step <time>", "one line for each: 1m, 5m, 15m, 1h, 3h, 6h, 12h, 1d", seconds)
    .addOption(
      new Option("--role <role>", "calls to the organization's agents, or those that it pays for")
        .choices(["owner", "payer"])
        .default("owner"),
    )
    .option("--org <id>", "for the admin: one organization")
    .addOption(new Option("--top <what>", "the largest parts instead").choices(["agent", "error", "payer"]))
    .option("--limit <n>", "most of these to show", wholeNumber(1, 100), 10)
    .addHelpText(
      "after",
      examples(
        ["agentgate stats --last 7d", "calls, failures, times and money of the last week"],
        ["agentgate stats my-agent --last 1h --step 5m", "one agent's, by five minutes"],
        ["agentgate stats --top error", "what failed most in the last day"],
      ),
    )
    .action(async (given: string | undefined, { last, step, role, org, top, limit }: StatsOptions) => {
      const client = await cli.client();
      const { output } = cli;
      const agentIds = given === undefined ? undefined : [await findAgentId(client, given)];
      const options = { role, orgId: org, agentIds, from: new Date(Date.now() - last * 1000) };
      if (top !== undefined) {
        const found = await client.stats.top(top, { ...options, limit });
        output.result(found, () => {
          if (found.entries.length === 0) return output.line("Nothing of that kind.");
          output.table(found.entries, [
            { title: top, value: ({ key, name }) => (name === null ? key : `${name} (${key})`), shrinks: true },
            ...sums,
          ]);
        });
        return;
      }
      const series = await client.stats.series({ ...options, step });
      output.result(series, () => {
        const called = series.points.filter(({ ok, error }) => ok + error > 0);
        if (called.length === 0) return output.line("No calls in this time.");
        output.table(called, points);
        output.line("Times are in milliseconds, within 5 %; spans without calls are left out.");
      });
    });

const milliseconds = (ms: number | null): string => (ms === null ? "" : `${ms}`);

const sums: Column<CallSums>[] = [
  { title: "ok", value: ({ ok }) => formatCount(ok), align: "right" },
  { title: "failed", value: ({ error }) => formatCount(error), align: "right" },
  { title: "spent", value: ({ spent }) => (spent > 0 ? formatDollars(spent) : ""), align: "right" },
  { title: "earned", value: ({ earned }) => (earned > 0 ? formatDollars(earned) : ""), align: "right" },
];

const points: Column<StatsPoint>[] = [
  { title: "from (UTC)", value: ({ t, unfinished }) => `${formatTime(t)}${unfinished ? " …" : ""}` },
  ...sums.slice(0, 2),
  { title: "agents p50", value: ({ p50 }) => milliseconds(p50), align: "right" },
  { title: "p95", value: ({ p95 }) => milliseconds(p95), align: "right" },
  { title: "p99", value: ({ p99 }) => milliseconds(p99), align: "right" },
  { title: "gateway p50", value: (point) => milliseconds(point.gateway_p50), align: "right" },
  ...sums.slice(2),
];
