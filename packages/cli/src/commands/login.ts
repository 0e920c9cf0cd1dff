import { askSecret } from "../ask-secret.ts";
import { clientOf } from "../cli.ts";
import { examples } from "../examples.ts";
import { keyState } from "../output/format-key.ts";
import { DEFAULT_SERVER, isSameServer } from "../profiles/connection.ts";
import { ownerOf } from "../profiles/owner.ts";
import { demandProfileName } from "../profiles/profile-store.ts";
import { withScheme } from "../with-scheme.ts";
import type { DefineCommand } from "./define-command.ts";

const DEFAULT_PROFILE = "default";

export const defineLogin: DefineCommand = (command, cli) =>
  command
    .argument("[server]", `the gateway's address; ${DEFAULT_SERVER} without one`)
    .addHelpText(
      "after",
      `
The key is asked for and not shown, or comes on standard input. It is tried, and kept in profiles.json of your own configuration directory
($XDG_CONFIG_HOME/agentgate, else ~/.config/agentgate), which nobody else may read. Commands use it from then on, for this gateway alone.
Environment and options win over it.
${examples(
  ["agentgate login https://gateway.example", "asks for the key"],
  ["agentgate login https://gateway.example --profile work < key.txt", "beside other logins; the key from a file"],
  ["agentgate list --profile work", "use that one, once"],
  ["agentgate profiles use work", "or from now on"],
)}`,
    )
    .action(async (address: string | undefined) => {
      const { options, output } = cli;
      const store = options.profiles;
      const known = store.read();
      const name = options.givenProfile ?? DEFAULT_PROFILE;
      demandProfileName(name);
      const said = address ?? options.givenServer ?? known.profiles[name]?.server ?? DEFAULT_SERVER;
      const server = (withScheme(said) ?? said).replace(/\/+$/, "");
      // Before the key is asked for: a slip in the address is told at once.
      await (await clientOf(server, undefined)).health();
      const apiKey = options.givenApiKey ?? (await askSecret(`Key for ${server}:`, missing));
      const { me, organization } = await ownerOf(await clientOf(server, apiKey));
      const replaced = known.profiles[name];
      const profiles = { ...known.profiles, [name]: { server, api_key: apiKey } };
      store.write({ current: name, profiles });
      const shown = { profile: name, server, kind: me.kind, org_id: me.org_id, org_name: organization };
      output.result(shown, () => {
        output.done(`Logged in to ${server} as ${organization ?? "the admin"}`);
        const state = me.key && keyState(me.key);
        output.line(
          `The profile "${name}" is used from now on${state && state !== "works" ? `; its key works ${state}` : ""}.`,
        );
        if (replaced && !isSameServer(replaced.server, server)) output.note(`it was ${replaced.server} before`);
        const winner = ["AGENTGATE_API_KEY", "AGENTGATE_SERVER"].find((variable) => process.env[variable]);
        if (winner) output.note(`${winner} is set, and wins over the profile`);
      });
    });

const missing = {
  code: "key_missing",
  message: "There is no key to log in with",
  hint: "Type it when it is asked for, or give it on standard input: agentgate login … < key.txt",
};
