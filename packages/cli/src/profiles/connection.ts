import { CliError } from "../cli-error.ts";
import { withScheme } from "../with-scheme.ts";
import type { Profile, ProfileStore } from "./profile-store.ts";

export const DEFAULT_SERVER = "http://127.0.0.1:8000";

/** Where a setting comes from. */
export type Source = "option" | "environment" | "profile" | "default";

/** Which gateway is called, with which key, and who said so. */
export interface Connection {
  server: string;
  serverFrom: Source;
  apiKey: string | undefined;
  keyFrom: Source | undefined;
  /** The profile that any of it is from. */
  profile: string | undefined;
}

/** What the command line says. */
export interface GivenConnection {
  server?: string | undefined;
  apiKey?: string | undefined;
  profile?: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * An option wins over a profile that is named by `--profile`, that over the environment, and that over the profile in use. A profile's key
 * goes to the profile's own server alone: who names another server has to name a key for it.
 *
 * @throws {@link CliError} when a profile that was named is not there
 */
export function connectionOf(given: GivenConnection, env: Environment, store: ProfileStore): Connection {
  const environment = given.profile ? {} : { server: env.AGENTGATE_SERVER, key: env.AGENTGATE_API_KEY };
  const server = given.server || environment.server || undefined;
  const apiKey = given.apiKey || environment.key || undefined;
  const named = given.profile || env.AGENTGATE_PROFILE || undefined;
  // Where everything is said, a file that cannot be read does no harm.
  const found = server && apiKey && !given.profile ? undefined : findProfile(store, named);
  const profile = found?.profile;
  const chosen = server ?? profile?.server ?? DEFAULT_SERVER;
  const profileKey = profile && isSameServer(chosen, profile.server) ? profile.api_key : undefined;
  const isUsed = found && ((!server && profile) || (!apiKey && profileKey !== undefined));
  return {
    server: chosen,
    serverFrom: given.server ? "option" : server ? "environment" : profile ? "profile" : "default",
    apiKey: apiKey ?? profileKey,
    keyFrom: given.apiKey ? "option" : apiKey ? "environment" : profileKey === undefined ? undefined : "profile",
    profile: isUsed ? found.name : undefined,
  };
}

function findProfile(store: ProfileStore, named: string | undefined): { name: string; profile: Profile } | undefined {
  const { current, profiles } = store.read();
  const name = named ?? current;
  if (name === null) return undefined;
  if (Object.hasOwn(profiles, name)) return { name, profile: profiles[name]! };
  throw profileNotFound(name, Object.keys(profiles));
}

/** That there is no such profile, and which there are. */
export function profileNotFound(name: string, names: readonly string[]): CliError {
  const hint = names.length > 0 ? `There are: ${names.join(", ")}` : "There is none yet: agentgate login";
  return new CliError("profile_not_found", `There is no profile "${name}"`, { hint, exitCode: 2 });
}

/** Whether two addresses are the same gateway's. */
export function isSameServer(one: string, other: string): boolean {
  const plain = (text: string) => {
    const url = withScheme(text) ?? text;
    return URL.canParse(url) ? new URL(url).href.replace(/\/+$/, "") : url;
  };
  return plain(one) === plain(other);
}

/** Where it comes from, in words. */
export function sourceOf(source: Source, option: string, variable: string, { profile }: Connection): string {
  if (source === "option") return option;
  if (source === "environment") return variable;
  return source === "profile" ? `the profile "${profile}"` : "by default";
}
