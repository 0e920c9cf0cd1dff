import { confirm } from "../confirm.ts";
import { examples } from "../examples.ts";
import { findAgentId } from "../find-agent.ts";
import type { DefineCommand } from "./define-command.ts";

export const defineUndeploy: DefineCommand = (command, cli) =>
  command
    .argument("<agent>", "the agent's id, or its name")
    .option("-y, --yes", "do not ask")
    .addHelpText(
      "after",
      `
The agent is stopped, its files and secrets are removed. It stays registered, with its id: agentgate delete removes it.
${examples(["agentgate undeploy my-agent", "stop it"])}`,
    )
    .action(async (given: string, { yes }: { yes?: boolean }) => {
      const client = await cli.client();
      const id = await findAgentId(client, given);
      await confirm(`Stop ${given}, and remove its files and secrets?`, yes, { doing: "Stopping it", done: "stopped" });
      const undeployed = await client.undeployAgent(id);
      cli.output.result(undeployed, () => cli.output.done(`${given} is undeployed`));
    });
