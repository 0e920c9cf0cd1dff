import type { SecretsReport } from "@agentgate/gateway";
import { Argument } from "commander";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { confirm } from "../confirm.ts";
import { examples } from "../examples.ts";
import { formatCount } from "../output/format.ts";
import type { DefineCommand } from "./define-command.ts";

interface SecretsOptions {
  data?: string;
  yes?: boolean;
}

export const defineSecrets: DefineCommand = (command, cli) =>
  command
    .addArgument(new Argument("<action>", "what to do").choices(["rotate", "forget"]))
    .option("--data <dir>", "directory of the embedded database (env: AGENTGATE_DATA_DIR, else ./.agentgate)")
    .option("-y, --yes", "do not ask before forgetting")
    .addHelpText(
      "after",
      `
Agents' credentials, push notification configs and the key that signs cards are sealed in the database.

rotate seals them anew: under AGENTGATE_SECRET_KEY, or, where that is unset, under a key that is made now and kept where
the old one was. The old one is found there, or given as AGENTGATE_SECRET_KEY_PREVIOUS.
forget does the same, and removes what opens under no key that is known: for when the key is lost.

Both read the database itself. Start gateways that run meanwhile with both keys, or start them anew afterwards.
${examples(
  ["AGENTGATE_SECRET_KEY=new AGENTGATE_SECRET_KEY_PREVIOUS=old agentgate secrets rotate", "from one key to another"],
  ["agentgate secrets rotate --data /var/lib/agentgate", "a key of the gateway's own making"],
)}`,
    )
    .action(async (action: "rotate" | "forget", { data, yes }: SecretsOptions) => {
      const forgetting = action === "forget";
      if (forgetting) await confirm("Remove every secret that the known keys do not open?", yes);
      const report = await change(data, forgetting);
      cli.output.result(report, () => describe(cli, report, forgetting));
      const left = sumOf(report.unreadable);
      if (left > 0 && !forgetting) {
        throw new CliError(
          "secrets_unreadable",
          left === 1
            ? "One sealed text opens under none of the known keys"
            : `${formatCount(left)} sealed texts open under none of the known keys`,
          {
            hint: "Give the key they were sealed under as AGENTGATE_SECRET_KEY_PREVIOUS; if it is lost: agentgate secrets forget",
          },
        );
      }
    });

async function change(data: string | undefined, forgetting: boolean): Promise<SecretsReport> {
  const { changeSecrets, ConfigError, readConfig } = await import("@agentgate/gateway");
  const environment = { ...process.env, ...(data !== undefined && { AGENTGATE_DATA_DIR: data, DATABASE_URL: "" }) };
  const config = readConfig(environment);
  try {
    return await changeSecrets(config, { forgetting });
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new CliError("database_unreadable", (error as Error).message, {
      exitCode: (error as NodeJS.ErrnoException).code === "ENOENT" ? 2 : 1,
      hint: "Give --data with the gateway's data directory (AGENTGATE_DATA_DIR), or DATABASE_URL.",
    });
  }
}

function describe({ output }: Cli, { sealed, unreadable, minted }: SecretsReport, forgetting: boolean): void {
  const key = minted === null ? "AGENTGATE_SECRET_KEY" : `a new key, kept in ${minted}`;
  if (forgetting || sumOf(unreadable) === 0) output.done(`Sealed anew under ${key}`);
  else output.line(`Sealed anew under ${key}, as far as the known keys open it`);
  output.table(Object.keys(sealed), [
    { title: "SECRETS", value: (what) => what },
    { title: "SEALED", value: (what) => formatCount(sealed[what] ?? 0), align: "right" },
    {
      title: forgetting ? "FORGOTTEN" : "UNREADABLE",
      value: (what) => formatCount(unreadable[what] ?? 0),
      align: "right",
    },
  ]);
}

const sumOf = (counts: Record<string, number>) => Object.values(counts).reduce((sum, count) => sum + count, 0);
