import type { ListedSession } from "@agentgate/protocol";
import type { Command } from "commander";
import { wholeNumber } from "../arguments.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { confirm } from "../confirm.ts";
import { examples } from "../examples.ts";
import { addGlobalOptions } from "../global-options.ts";
import { formatTime } from "../output/format.ts";
import type { Column } from "../output/table.ts";
import type { DefineCommand } from "./define-command.ts";

const usedLike = examples(
  ["agentgate sessions", "the browsers that are signed in with the key that is used"],
  ["agentgate sessions end 1f0c…", "sign one out"],
  ["agentgate sessions end --all", "sign all of them out"],
  ["agentgate open", "sign this machine's in"],
);

export const defineSessions: DefineCommand = (command, cli) => {
  command.helpCommand(false).addHelpText("after", usedLike);
  defineList(command.command("list", { isDefault: true }), cli);
  defineEnd(command.command("end").argument("[session]", "its id"), cli);
  for (const sub of command.commands) addGlobalOptions(sub).addHelpText("after", usedLike);
};

const defineList = (command: Command, cli: Cli) =>
  command
    .description("List the browsers that are signed in, newest first")
    .option("--limit <n>", "most sessions to show", wholeNumber(1, 500), 50)
    .action(async ({ limit }: { limit: number }) => {
      const page = await (await cli.client()).listSessions({ limit });
      cli.output.result(page, () => {
        if (page.entries.length === 0) return cli.output.line("No browser is signed in.");
        cli.output.table(page.entries, columns);
        if (page.next !== null) cli.output.note("There is more: --limit shows more at once");
      });
    });

const columns: Column<ListedSession>[] = [
  { title: "id", value: ({ id }) => id },
  { title: "since", value: ({ created_at }) => formatTime(created_at) },
  { title: "used", value: ({ last_used_at }) => formatTime(last_used_at) },
  { title: "from", value: ({ client_ip }) => client_ip ?? "" },
  { title: "key", value: ({ key }) => key?.name ?? "", shrinks: true },
  { title: "browser", value: ({ user_agent }) => user_agent ?? "", shrinks: true },
];

const defineEnd = (command: Command, cli: Cli) =>
  command
    .description("Sign a browser out, or all of them")
    .option("--all", "all of them")
    .option("-y, --yes", "do not ask")
    .action(async (id: string | undefined, { all, yes }: { all?: boolean; yes?: boolean }) => {
      if ((id === undefined) === !all) {
        throw new CliError("usage", "Name a session, or give --all", {
          hint: "`agentgate sessions` shows them",
          exitCode: 2,
        });
      }
      const client = await cli.client();
      if (id !== undefined) await client.endSession(id);
      else {
        await confirm("Sign every browser out?", yes, { doing: "Signing all out", done: "ended" });
        await client.endSessions();
      }
      cli.output.result({ ended: id ?? "all" }, () => cli.output.done(id ? "Signed it out" : "Signed all of them out"));
    });
