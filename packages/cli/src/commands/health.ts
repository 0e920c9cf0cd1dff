import { CliError } from "../cli-error.ts";
import { whyUnhealthy } from "../deploying/wait-until-healthy.ts";
import { examples } from "../examples.ts";
import { AGENT_ARGUMENT, findAgentId } from "../find-agent.ts";
import { formatMilliseconds, formatTime } from "../output/format.ts";
import type { DefineCommand } from "./define-command.ts";

export const defineHealth: DefineCommand = (command, cli) =>
  command
    .argument("<agent>", AGENT_ARGUMENT)
    .option("--check", "look now, instead of telling what the last look found; one's own agents only")
    .addHelpText(
      "after",
      examples(
        ["agentgate health my-agent", "what the last look found; the exit code is 1 when it is unhealthy"],
        ["agentgate health my-agent --check", "look now"],
        ["agentgate doctor my-agent", "all that can be told, with what to do"],
      ),
    )
    .action(async (given: string, { check }: { check?: boolean }) => {
      const client = await cli.client();
      const id = await findAgentId(client, given);
      const health = await (check ? client.checkAgentHealth(id) : client.getAgentHealth(id));
      cli.output.result(health, () =>
        cli.output.fields([
          ["Agent", health.agent],
          ["Health", health.status],
          ...(health.status === "unknown"
            ? [["Why", health.message] as const]
            : [
                ["Checked", health.last_check ? `${formatTime(health.last_check)} UTC` : "never"] as const,
                ["Answered in", formatMilliseconds(health.latency_ms) || "–"] as const,
              ]),
        ]),
      );
      if (health.status !== "unhealthy") return;
      throw new CliError("agent_unhealthy", `${health.agent} is unhealthy: ${whyUnhealthy(health)}`, {
        hint: `agentgate doctor ${given} tells more`,
      });
    });
