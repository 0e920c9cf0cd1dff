import { confirm } from "../confirm.ts";
import { examples } from "../examples.ts";
import { findAgentId } from "../find-agent.ts";
import type { DefineCommand } from "./define-command.ts";

export const defineDelete: DefineCommand = (command, cli) =>
  command
    .argument("<agent>", "the agent's id, or its name")
    .option("-y, --yes", "do not ask")
    .addHelpText(
      "after",
      examples(["agentgate delete my-agent", "asks first"], ["agentgate delete my-agent --yes", "for scripts"]),
    )
    .action(async (given: string, { yes }: { yes?: boolean }) => {
      const client = await cli.client();
      const agent = await client.getAgent(await findAgentId(client, given));
      await confirm(`Delete ${agent.name} ${agent.version} (${agent.id})?`, yes);
      await client.deleteAgent(agent.id);
      cli.output.result({ deleted: agent.id }, () => {
        cli.output.done(`Deleted ${agent.name} ${agent.version}`);
      });
    });
