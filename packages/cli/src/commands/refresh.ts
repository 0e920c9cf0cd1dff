import { tellApproval } from "../approval/tell-approval.ts";
import { examples } from "../examples.ts";
import { AGENT_ARGUMENT, findAgentId } from "../find-agent.ts";
import { printable } from "../output/printable.ts";
import type { DefineCommand } from "./define-command.ts";

const VALUE_CHARACTERS = 120;

export const defineRefresh: DefineCommand = (command, cli) =>
  command
    .argument("<agent>", AGENT_ARGUMENT)
    .option("--dry-run", "only show what would change")
    .addHelpText(
      "after",
      examples(
        ["agentgate refresh my-agent", "fetch its card anew, and take in what it says now"],
        ["agentgate refresh my-agent --dry-run", "only show that"],
      ),
    )
    .action(async (given: string, { dryRun }: { dryRun?: boolean }) => {
      const client = await cli.client();
      const { output } = cli;
      const found = await client.refreshAgent(await findAgentId(client, given), { dryRun });
      output.result(found, () => {
        if (!found.changed) return output.line("Its card says what it said before.");
        for (const { path, before, after } of found.differences) {
          output.line(`  ${printable(path)}: ${short(before)} → ${short(after)}`);
        }
        output.done(`${dryRun ? "Would change" : "Changed"} ${found.agent.name} ${found.agent.version}`);
        if (!dryRun) tellApproval(output, found.agent);
      });
    });

const short = (value: unknown): string => {
  const text = value === undefined ? "(none)" : JSON.stringify(value);
  return printable(text.length > VALUE_CHARACTERS ? `${text.slice(0, VALUE_CHARACTERS)}…` : text);
};
