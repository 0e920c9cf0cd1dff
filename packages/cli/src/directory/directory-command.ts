import type { DefineCommand } from "../commands/define-command.ts";
import { examples } from "../examples.ts";
import { addGlobalOptions } from "../global-options.ts";
import { defineBuild } from "./build-command.ts";
import { defineCheck } from "./check-command.ts";

export const defineDirectory: DefineCommand = (command, cli) => {
  command
    .helpCommand(false)
    .addHelpText(
      "after",
      examples(
        ["agentgate directory build urls.txt", "write agentgate.json, of sites that answer"],
        ["agentgate directory check agentgate.json", "its form, and whether its sites are as it says"],
      ),
    );
  defineBuild(command.command("build"), cli);
  defineCheck(command.command("check"), cli);
  for (const sub of command.commands) addGlobalOptions(sub, "site");
};
