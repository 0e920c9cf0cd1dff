import { type Command, Option } from "commander";

export const DEFAULT_SERVER = "http://127.0.0.1:8000";

export interface GlobalOptions {
  server: string;
  apiKey: string | undefined;
  /** The key of the command line alone, whoever it is for. */
  givenApiKey: string | undefined;
  json: boolean;
}

interface Given {
  server?: string;
  apiKey?: string;
  json?: boolean;
}

/** Their heading in a command's help. */
export const GLOBAL_OPTIONS = "Global options:";

/** They may stand before the command's name or after it. @param callsSites whether the command calls sites, and no gateway */
export function addGlobalOptions(command: Command, { callsSites = false } = {}): Command {
  const server = new Option("--server <url>", `the gateway (env: AGENTGATE_SERVER, else ${DEFAULT_SERVER})`);
  const key = callsSites
    ? "the site's key (env: AGENTGATE_SITE_KEY)"
    : "admin or organization key (env: AGENTGATE_API_KEY)";
  return command
    .optionsGroup(GLOBAL_OPTIONS)
    .addOption(callsSites ? server.hideHelp() : server)
    .option("--api-key <key>", key)
    .option("--json", "print JSON for programs; errors too, on standard error")
    .optionsGroup("");
}

/** What was given nearest to the command counts, then the environment. */
export function globalOptionsOf(command: Command): GlobalOptions {
  const given: Given = {};
  for (let at: Command | null = command; at; at = at.parent) Object.assign(given, { ...at.opts(), ...given });
  return {
    server: given.server || process.env.AGENTGATE_SERVER || DEFAULT_SERVER,
    givenApiKey: given.apiKey,
    apiKey: given.apiKey || process.env.AGENTGATE_API_KEY || undefined,
    json: given.json ?? false,
  };
}
