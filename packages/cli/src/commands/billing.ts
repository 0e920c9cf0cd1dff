import type { UsagePeriod, UsagePeriodLength } from "@agentgate/protocol";
import { Option } from "commander";
import { wholeNumber } from "../arguments.ts";
import { examples } from "../examples.ts";
import { findAgentId } from "../find-agent.ts";
import { formatCount, formatMilliseconds } from "../output/format.ts";
import type { DefineCommand } from "./define-command.ts";

export const defineBilling: DefineCommand = (command, cli) =>
  command
    .argument("<agent>", "the agent's id, or its name")
    .addOption(new Option("--period <length>", "one line for each").choices(["day", "month"]).default("day"))
    .option("--days <n>", "how far back", wholeNumber(1, 365), 30)
    .addHelpText(
      "after",
      examples(
        ["agentgate billing my-agent", "the last 30 days"],
        ["agentgate billing my-agent --period month --days 365", "the last year by month"],
      ),
    )
    .action(async (given: string, { period, days }: { period: UsagePeriodLength; days: number }) => {
      const client = await cli.client();
      const usage = await client.getAgentUsageBreakdown(await findAgentId(client, given), { period, days });
      const { output } = cli;
      output.result(usage, () => {
        if (usage.breakdown.length === 0) return output.line(`No calls in the last ${days} days.`);
        output.table(
          [...usage.breakdown, totalOf(usage.breakdown)],
          [
            { title: period, value: (row) => row.period },
            { title: "calls", value: ({ invocations }) => formatCount(invocations), align: "right" },
            { title: "errors", value: ({ errors }) => formatCount(errors), align: "right" },
            { title: "average", value: ({ avg_latency_ms }) => formatMilliseconds(avg_latency_ms), align: "right" },
          ],
        );
      });
    });

function totalOf(periods: readonly UsagePeriod[]): UsagePeriod {
  const sum = (of: (period: UsagePeriod) => number) => periods.reduce((total, period) => total + of(period), 0);
  const invocations = sum((period) => period.invocations);
  const latencyMs = sum((period) => period.avg_latency_ms * period.invocations);
  return {
    period: "total",
    invocations,
    errors: sum((period) => period.errors),
    avg_latency_ms: invocations === 0 ? 0 : latencyMs / invocations,
  };
}
