import { examples } from "../examples.ts";
import { findAgentId } from "../find-agent.ts";
import { formatCount, formatMilliseconds, formatTime } from "../output/format.ts";
import type { DefineCommand } from "./define-command.ts";

export const defineUsage: DefineCommand = (command, cli) =>
  command
    .argument("<agent>", "the agent's id, or its name")
    .addHelpText(
      "after",
      examples(
        ["agentgate usage my-agent", "calls, errors and latency since it was registered"],
        ["agentgate billing my-agent", "the same by day"],
      ),
    )
    .action(async (given: string) => {
      const client = await cli.client();
      const usage = await client.getAgentUsage(await findAgentId(client, given));
      cli.output.result(usage, () => {
        cli.output.fields([
          ["Agent", usage.agent_name],
          ["Calls", formatCount(usage.total_invocations)],
          ["Errors", formatCount(usage.total_errors)],
          ["Average", usage.total_invocations > 0 ? formatMilliseconds(usage.avg_latency_ms) : "–"],
          ["Last call", usage.last_invocation ? `${formatTime(usage.last_invocation)} UTC` : "never"],
        ]);
      });
    });
