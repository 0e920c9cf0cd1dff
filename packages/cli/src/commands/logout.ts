import { CliError } from "../cli-error.ts";
import { examples } from "../examples.ts";
import { profileNotFound } from "../profiles/connection.ts";
import { nextCurrent } from "../profiles/profile-store.ts";
import type { DefineCommand } from "./define-command.ts";

export const defineLogout: DefineCommand = (command, cli) =>
  command
    .option("--all", "forget every profile")
    .addHelpText(
      "after",
      `
The key stays alive at the gateway: agentgate keys disable ends one.
${examples(
  ["agentgate logout", "forget the key of the profile in use"],
  ["agentgate logout --profile work", "of another one"],
  ["agentgate logout --all", "of every one"],
)}`,
    )
    .action(async ({ all }: { all?: boolean }) => {
      const { options, output } = cli;
      const { current, profiles } = options.profiles.read();
      const names = Object.keys(profiles);
      const name = options.givenProfile ?? (process.env.AGENTGATE_PROFILE || current);
      if (!all && name !== null && !Object.hasOwn(profiles, name)) throw profileNotFound(name, names);
      if (all ? names.length === 0 : name === null) {
        throw new CliError("not_logged_in", names.length === 0 ? "Nobody is logged in" : "No profile is in use", {
          ...(names.length > 0 && { hint: `Name one: agentgate logout --profile ${names[0]}` }),
        });
      }
      const forgotten = all ? names : [name!];
      const left = Object.fromEntries(Object.entries(profiles).filter(([one]) => !forgotten.includes(one)));
      const next = current !== null && Object.hasOwn(left, current) ? current : nextCurrent(left);
      options.profiles.write({ current: next, profiles: left });
      output.result({ forgotten, current: next }, () => {
        output.done(`Forgot ${forgotten.join(", ")}`);
        if (next !== null && next !== current) output.line(`The profile "${next}" is used from now on.`);
        if (process.env.AGENTGATE_API_KEY) output.note("AGENTGATE_API_KEY is set, and still used");
      });
    });
