import { type Config, settings } from "./settings.ts";
import { noteSources, type SettingSource } from "./sources.ts";

/** A setting that cannot be used, named with its variable. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * Reads every setting from the environment; an empty variable counts as unset. Options given by name win.
 * @throws ConfigError naming each variable that is wrong.
 */
export function readConfig(env: Record<string, string | undefined>, given: Partial<Config> = {}): Config {
  const problems: string[] = [];
  const sourceOf = (name: string, variable: string): SettingSource =>
    given[name as keyof Config] !== undefined ? "option" : env[variable] ? "environment" : "default";
  const entries = Object.entries(settings).map(([name, { env: variable, schema }]) => {
    const explicit = given[name as keyof Config];
    if (explicit !== undefined) return [name, explicit];
    const result = schema.safeParse(env[variable] || undefined);
    if (!result.success) problems.push(`${variable} ${result.error.issues[0]?.message ?? "is not valid"}`);
    return [name, result.data];
  });
  const config = Object.fromEntries(entries) as Config;
  noteSources(
    config,
    new Map(Object.entries(settings).map(([name, { env: variable }]) => [name, sourceOf(name, variable)])),
  );
  if (config.topup === "provider" && !config.topupCheckoutUrl) {
    problems.push("AGENTGATE_TOPUP=provider needs AGENTGATE_TOPUP_CHECKOUT_URL");
  }
  if (problems.length) throw new ConfigError(problems.join("\n"));
  config.answerBytesMax = Math.max(config.answerBytesMax, 4 * config.responseBytesMax);
  return config;
}

/** Environment for trying things out on one machine: agents may live here, and wallets fill themselves. */
export const developmentEnvironment: Readonly<Record<string, string>> = {
  AGENTGATE_ALLOW_PRIVATE_NETWORKS: "1",
  AGENTGATE_TOPUP: "open",
  AGENTGATE_MCP_ANONYMOUS: "1",
};
