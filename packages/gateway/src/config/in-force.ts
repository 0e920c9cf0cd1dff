import { type Config, settings } from "./settings.ts";
import { type SettingSource, sourceOf } from "./sources.ts";

/** A setting as an operator may see it. */
export interface SettingInForce {
  name: string;
  env: string;
  /** What it is; of a secret whether there is one. */
  value: unknown;
  source: SettingSource;
  default: string;
  help: string;
}

/** Of a variable with such a name nothing is shown but whether it is set. */
const SECRET = /KEY|SECRET|PASSWORD|TOKEN|HEADERS/;
const MASK = "••••••••";

/** Every setting as it is in force; secrets, and passwords within addresses, are masked. */
export const settingsInForce = (config: Config): SettingInForce[] =>
  Object.entries(settings).map(([name, { env, defaultText, help }]) => ({
    name,
    env,
    value: shown(env, config[name as keyof Config]),
    source: sourceOf(config, name),
    default: defaultText,
    help,
  }));

function shown(env: string, value: unknown): unknown {
  if (value === undefined) return null;
  if (SECRET.test(env)) return MASK;
  if (Array.isArray(value)) return value.map((one) => shown(env, one));
  if (typeof value === "string" && URL.canParse(value)) {
    const url = new URL(value);
    if (url.username !== "" || url.password !== "") return value.replace(/\/\/[^/?#]*@/, `//${MASK}@`);
  }
  return value;
}
