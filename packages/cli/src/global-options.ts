import { type Command, Option } from "commander";
import { type Connection, connectionOf, DEFAULT_SERVER, type GivenConnection } from "./profiles/connection.ts";
import { ProfileStore } from "./profiles/profile-store.ts";
import { profilesPath } from "./profiles/profiles-path.ts";
import { withScheme } from "./with-scheme.ts";

/** What the options say that every command has. */
export class GlobalOptions {
  readonly json: boolean;
  /** The key of the command line alone, whoever it is for. */
  readonly givenApiKey: string | undefined;
  readonly profiles = new ProfileStore(profilesPath());
  readonly #given: GivenConnection;
  #connection: Connection | undefined;

  constructor(given: Given) {
    this.json = given.json ?? false;
    this.givenApiKey = given.apiKey;
    this.#given = given;
  }

  /** Found out when it is needed: what calls no gateway needs no profile. @throws CliError when a named profile is not there */
  get connection(): Connection {
    this.#connection ??= connectionOf(this.#given, process.env, this.profiles);
    return this.#connection;
  }

  /** The gateway's address, without a slash at its end. */
  get server(): string {
    const { server } = this.connection;
    return (withScheme(server) ?? server).replace(/\/+$/, "");
  }

  get apiKey(): string | undefined {
    return this.connection.apiKey;
  }

  /** The profile that was named, by `--profile` alone. */
  get givenProfile(): string | undefined {
    return this.#given.profile;
  }

  /** The server that was named, by `--server` or the environment. */
  get givenServer(): string | undefined {
    return this.#given.server || process.env.AGENTGATE_SERVER || undefined;
  }
}

interface Given extends GivenConnection {
  json?: boolean;
}

/** Their heading in a command's help. */
export const GLOBAL_OPTIONS = "Global options:";

/** Whose key a command takes, and so which server it calls. */
export type Calls = "gateway" | "site" | "both";

const keys: Record<Calls, string> = {
  gateway: "admin or organization key (env: AGENTGATE_API_KEY, else the profile's)",
  site: "the site's key (env: AGENTGATE_SITE_KEY)",
  both: "the key (env: AGENTGATE_API_KEY, of a site AGENTGATE_SITE_KEY)",
};

/** They may stand before the command's name or after it. */
export function addGlobalOptions(command: Command, calls: Calls = "gateway"): Command {
  const server = new Option(
    "--server <url>",
    `the gateway (env: AGENTGATE_SERVER, else the profile's or ${DEFAULT_SERVER})`,
  );
  const profile = new Option("--profile <name>", "a login to use (env: AGENTGATE_PROFILE)");
  return command
    .optionsGroup(GLOBAL_OPTIONS)
    .addOption(calls === "site" ? server.hideHelp() : server)
    .option("--api-key <key>", keys[calls])
    .addOption(calls === "site" ? profile.hideHelp() : profile)
    .option("--json", "print JSON for programs; errors too, on standard error")
    .optionsGroup("");
}

/** What was given nearest to the command counts. */
export function globalOptionsOf(command: Command): GlobalOptions {
  const given: Given = {};
  for (let at: Command | null = command; at; at = at.parent) Object.assign(given, { ...at.opts(), ...given });
  return new GlobalOptions(given);
}
