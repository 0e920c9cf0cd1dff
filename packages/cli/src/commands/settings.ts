import type { GatewaySetting } from "@agentgate/protocol";
import { examples } from "../examples.ts";
import type { DefineCommand } from "./define-command.ts";

export const defineSettings: DefineCommand = (command, cli) =>
  command
    .option("--all", "those that are at their defaults, too")
    .addHelpText(
      "after",
      examples(
        ["agentgate settings", "what somebody has set, at the node that answers; secrets are masked"],
        ["agentgate settings --all --json | jq -r '.[] | .env'", "the names of all"],
      ),
    )
    .action(async ({ all }: { all?: boolean }) => {
      const settings = await (await cli.client()).listSettings();
      const shown = all ? settings : settings.filter(({ source }) => source !== "default");
      const { output } = cli;
      output.result(shown, () => {
        if (shown.length === 0) return output.line("Everything is at its default. See all with --all.");
        output.table<GatewaySetting>(shown, [
          { title: "variable", value: ({ env }) => env },
          { title: "value", value: ({ value }) => (typeof value === "string" ? value : JSON.stringify(value)) },
          { title: "from", value: ({ source }) => source },
          { title: "default", value: (setting) => setting.default, shrinks: true },
        ]);
      });
    });
