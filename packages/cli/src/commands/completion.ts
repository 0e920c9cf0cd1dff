import { Argument } from "commander";
import { type Shell, scripts } from "../completion/scripts.ts";
import { examples } from "../examples.ts";
import type { DefineCommand } from "./define-command.ts";

export const defineCompletion: DefineCommand = (command, cli) =>
  command
    .addArgument(new Argument("<shell>", "yours").choices(Object.keys(scripts)))
    .addHelpText(
      "after",
      `
Commands, options, their values, agents' and organizations' names are completed; names are asked of the gateway, for a second and a half at
most.
${examples(
  ['eval "$(agentgate completion bash)"', "in ~/.bashrc"],
  ["agentgate completion zsh > ~/.zfunc/_agentgate", "with ~/.zfunc in fpath"],
  ["agentgate completion fish > ~/.config/fish/completions/agentgate.fish", "for good"],
)}`,
    )
    .action((shell: Shell) => {
      cli.output.result({ shell, script: scripts[shell] }, () => cli.output.raw(scripts[shell]));
    });
