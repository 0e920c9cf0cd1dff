import { readFile } from "node:fs/promises";
import { parseEnv } from "node:util";
import type { Command } from "commander";
import { wholeNumber } from "../arguments.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { findAgentId } from "../find-agent.ts";
import { addGlobalOptions } from "../global-options.ts";
import { formatTime } from "../output/format.ts";
import type { DefineCommand } from "./define-command.ts";

const AGENT_ARGUMENT = "the agent's id, or its name";

/** What is done about an agent that was deployed. A directory of such a name is deployed as `./secrets`. */
export const defineDeployActions: DefineCommand = (command, cli) => {
  command.helpCommand(false);
  defineStatus(command.command("status").argument("<agent>", AGENT_ARGUMENT), cli);
  defineLogs(command.command("logs").argument("<agent>", AGENT_ARGUMENT), cli);
  defineSecrets(command.command("secrets").argument("<agent>", AGENT_ARGUMENT), cli);
  for (const sub of command.commands) addGlobalOptions(sub);
};

const defineStatus = (command: Command, cli: Cli) =>
  command.description("Show how a deployed agent fares").action(async (given: string) => {
    const client = await cli.client();
    const status = await client.getDeployment(await findAgentId(client, given));
    cli.output.result(status, () =>
      cli.output.fields([
        ["Agent", `${status.agent_name} (${status.agent_id})`],
        ["Status", status.status === "not_deployed" ? NOT_RUN_HERE : status.status],
        ...(status.detail ? [["Detail", status.detail] as const] : []),
        ...(status.release ? [["Release", releaseOf(status)] as const] : []),
        ...(status.node ? [["Restarts", `${status.restarts}`] as const, ["Node", status.node] as const] : []),
        ...(status.updated_at ? [["As of", `${formatTime(status.updated_at)} UTC`] as const] : []),
      ]),
    );
  });

const NOT_RUN_HERE = "the gateway does not run it; `agentgate deploy <path> --host` has it run";

const releaseOf = ({ release, running_release: runs }: { release: number | null; running_release: number | null }) =>
  runs === null || runs === release ? `${release}` : `${release}; ${runs} runs`;

const defineLogs = (command: Command, cli: Cli) =>
  command
    .description("Show what a hosted agent has written")
    .option("--tail <n>", "most lines to show", wholeNumber(0, 10_000), 100)
    .option("--follow", "go on with what it writes, until Ctrl-C")
    .action(async (given: string, { tail, follow }: { tail: number; follow?: boolean }) => {
      const client = await cli.client();
      const id = await findAgentId(client, given);
      if (!follow) {
        const found = await client.getDeploymentLogs(id, { tail });
        const isEmpty = found.logs === "";
        if (isEmpty)
          cli.output.note("it has written nothing that is kept; `agentgate deploy status` says whether it runs");
        cli.output.result(found, () => isEmpty || cli.output.text(found.logs.trimEnd()));
        return;
      }
      for await (const line of client.followDeploymentLogs(id, { tail }))
        cli.output.result(line, () => cli.output.text(line));
    });

interface SecretsOptions {
  remove?: string[];
  envFile?: string;
}

const defineSecrets = (command: Command, cli: Cli) =>
  command
    .description("Set secrets of a deployed agent's environment, or list their names")
    .argument("[NAME=value...]", "what to set; NAME alone takes the value from this environment")
    .option("--remove <name...>", "what to forget")
    .option("--env-file <file>", "set all that a file such as .env has")
    .action(async (given: string, pairs: string[], { remove = [], envFile }: SecretsOptions) => {
      const changes = {
        ...(envFile !== undefined && (await readEnvironment(envFile))),
        ...Object.fromEntries(pairs.map(readPair)),
        ...Object.fromEntries(remove.map((name) => [name, null])),
      };
      const client = await cli.client();
      const id = await findAgentId(client, given);
      const isChange = Object.keys(changes).length > 0;
      const secrets = isChange
        ? await client.setDeploymentSecrets(id, changes)
        : await client.listDeploymentSecrets(id);
      cli.output.result(secrets, () => {
        if (isChange) cli.output.done("Changed; the agent is replaced by one that has them");
        cli.output.line(secrets.names.length > 0 ? secrets.names.join("\n") : "No secrets.");
      });
    });

/** A value on a command line can be seen by others: better is a name alone. */
function readPair(pair: string): [name: string, value: string] {
  const at = pair.indexOf("=");
  if (at > 0) return [pair.slice(0, at), pair.slice(at + 1)];
  const value = process.env[pair];
  if (value !== undefined && at === -1) return [pair, value];
  throw new CliError("secret_missing", `"${pair}" is neither NAME=value nor a variable of this environment`, {
    exitCode: 2,
  });
}

async function readEnvironment(path: string): Promise<Record<string, string>> {
  const text = await readFile(path, "utf8").catch(() => {
    throw new CliError("env_file_missing", `There is no file ${path}`, { exitCode: 2 });
  });
  return parseEnv(text) as Record<string, string>;
}
