import { examples } from "../examples.ts";
import { AGENT_ARGUMENT, findAgentId } from "../find-agent.ts";
import { escapeControls } from "../output/printable.ts";
import type { DefineCommand } from "./define-command.ts";

export const defineCard: DefineCommand = (command, cli) =>
  command
    .argument("<agent>", AGENT_ARGUMENT)
    .addHelpText(
      "after",
      examples(
        ["agentgate card my-agent", "its A2A card, as the gateway serves it"],
        ["agentgate card my-agent --json | jq '.skills[].id'", "a part of it"],
      ),
    )
    .action(async (given: string) => {
      const client = await cli.client();
      const card = await client.getAgentCard(await findAgentId(client, given));
      cli.output.result(card, () => cli.output.raw(`${escapeControls(JSON.stringify(card, null, 2))}\n`));
    });
