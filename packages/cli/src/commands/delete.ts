import { CliError } from "../cli-error.ts";
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
      if (!yes && !(await confirm(`Delete ${agent.name} ${agent.version} (${agent.id})?`))) {
        throw new CliError("cancelled", "Nothing was deleted");
      }
      await client.deleteAgent(agent.id);
      cli.output.result({ deleted: agent.id }, () => {
        cli.output.done(`Deleted ${agent.name} ${agent.version}`);
      });
    });

/** @throws {@link CliError} when there is nobody to ask */
async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new CliError("confirmation_needed", "Deleting needs a confirmation, and there is no terminal to ask on", {
      hint: "Add --yes",
      exitCode: 2,
    });
  }
  const { createInterface } = await import("node:readline/promises");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const { printable } = await import("../output/printable.ts");
  try {
    return /^y(es)?$/i.test((await terminal.question(`${printable(question)} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
