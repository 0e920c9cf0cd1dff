import type { Command } from "commander";
import type { Cli } from "../cli.ts";
import { examples } from "../examples.ts";
import { addGlobalOptions } from "../global-options.ts";
import { profileNotFound } from "../profiles/connection.ts";
import type { DefineCommand } from "./define-command.ts";

const usedLike = examples(
  ["agentgate profiles", "which there are, and which is used"],
  ["agentgate profiles use work", "use that one from now on"],
  ["agentgate list --profile work", "use it once"],
  ["agentgate logout --profile work", "forget it"],
);

export const defineProfiles: DefineCommand = (command, cli) => {
  command.helpCommand(false).addHelpText("after", usedLike);
  defineList(command.command("list", { isDefault: true }), cli);
  defineUse(command.command("use").argument("<name>", "the profile"), cli);
  for (const sub of command.commands) addGlobalOptions(sub).addHelpText("after", usedLike);
};

const defineList = (command: Command, cli: Cli) =>
  command.description("List the logins of this machine").action(async () => {
    const { options, output } = cli;
    const { current, profiles } = options.profiles.read();
    const rows = Object.entries(profiles).map(([name, { server, api_key }]) => ({
      name,
      server,
      key: `…${api_key.length > 12 ? api_key.slice(-4) : ""}`,
      current: name === current,
    }));
    output.result(rows, () => {
      if (rows.length === 0) return output.line("No logins yet. Log in with `agentgate login`.");
      output.table(rows, [
        { title: "", value: (row) => (row.current ? "*" : "") },
        { title: "profile", value: (row) => row.name },
        { title: "server", value: (row) => row.server, shrinks: true },
        { title: "key", value: (row) => row.key },
      ]);
    });
  });

const defineUse = (command: Command, cli: Cli) =>
  command.description("Use a login from now on").action(async (name: string) => {
    const { options, output } = cli;
    const { profiles } = options.profiles.read();
    if (!Object.hasOwn(profiles, name)) throw profileNotFound(name, Object.keys(profiles));
    options.profiles.write({ current: name, profiles });
    const { server } = profiles[name]!;
    output.result({ current: name, server }, () => output.done(`Using "${name}": ${server}`));
  });
