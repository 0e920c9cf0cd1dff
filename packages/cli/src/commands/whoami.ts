import { CliError } from "../cli-error.ts";
import { examples } from "../examples.ts";
import { formatKey } from "../output/format-key.ts";
import { sourceOf } from "../profiles/connection.ts";
import { ownerOf } from "../profiles/owner.ts";
import type { DefineCommand } from "./define-command.ts";

export const defineWhoami: DefineCommand = (command, cli) =>
  command
    .addHelpText(
      "after",
      examples(
        ["agentgate whoami", "the gateway, the key, and where they come from"],
        ["agentgate whoami --json | jq -r .org_id", "for scripts"],
        ["agentgate me", "all that the key may do"],
      ),
    )
    .action(async () => {
      const { options, output } = cli;
      const { connection, server } = options;
      if (connection.apiKey === undefined) {
        throw new CliError("not_logged_in", `No key is used for ${server}`, {
          hint: "Log in with `agentgate login`, or set AGENTGATE_API_KEY",
        });
      }
      const { me, organization } = await ownerOf(await cli.client());
      const shown = {
        server,
        server_from: connection.serverFrom,
        profile: connection.profile ?? null,
        key_from: connection.keyFrom,
        kind: me.kind,
        org_id: me.org_id,
        org_name: organization,
        key: me.key,
      };
      output.result(shown, () => {
        output.fields([
          ["Who", me.org_id === null ? "the admin" : `${organization} (${me.org_id})`],
          ["Server", `${server}, ${sourceOf(connection.serverFrom, "--server", "AGENTGATE_SERVER", connection)}`],
          ["Key from", sourceOf(connection.keyFrom!, "--api-key", "AGENTGATE_API_KEY", connection)],
          ...(me.key ? formatKey(me.key).filter(([field]) => field !== "Id") : []),
        ]);
      });
    });
