import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { examples } from "../examples.ts";
import { findAgentId } from "../find-agent.ts";
import { addGlobalOptions } from "../global-options.ts";
import type { DefineCommand } from "./define-command.ts";

const AGENT_ARGUMENT = "the agent's id, or its name";

const usedLike = examples(
  ['agentgate agents suspend my-agent --reason "It leaks"', "nobody calls it any more, within a second"],
  ["agentgate agents resume my-agent", "it is called again, as it was approved last"],
);

/** What the admin decides of agents that were approved before. */
export const defineAgents: DefineCommand = (command, cli) => {
  command.helpCommand(false).addHelpText("after", usedLike);
  defineSuspend(command.command("suspend").argument("<agent>", AGENT_ARGUMENT), cli);
  defineResume(command.command("resume").argument("<agent>", AGENT_ARGUMENT), cli);
  for (const sub of command.commands) addGlobalOptions(sub).addHelpText("after", usedLike);
};

const defineSuspend = (command: Command, cli: Cli) =>
  command
    .description("End an agent's calls, until it is resumed")
    .requiredOption("--reason <text>", "why; its owner is told")
    .action(async (given: string, { reason }: { reason: string }) => {
      const client = await cli.client();
      const agent = await client.suspendAgent(await findAgentId(client, given), reason);
      cli.output.result(agent, () => cli.output.done(`Suspended ${agent.name} (${agent.id})`));
    });

const defineResume = (command: Command, cli: Cli) =>
  command
    .description("Let a suspended agent be called again")
    .option("--reason <text>", "why; its owner is told")
    .action(async (given: string, { reason }: { reason?: string }) => {
      const client = await cli.client();
      const agent = await client.resumeAgent(await findAgentId(client, given), reason);
      cli.output.result(agent, () => cli.output.done(`Resumed ${agent.name} (${agent.id})`));
    });
