import type { Config } from "./settings.ts";

/** Where a value comes from: a variable, whoever started the gateway (an option), or nobody. */
export type SettingSource = "environment" | "option" | "default";

const sources = new WeakMap<Config, ReadonlyMap<string, SettingSource>>();

/** Keeps beside settings that were read where each comes from. */
export const noteSources = (config: Config, of: ReadonlyMap<string, SettingSource>): void =>
  void sources.set(config, of);

/** Settings that nobody read were given as they are. */
export const sourceOf = (config: Config, name: string): SettingSource => sources.get(config)?.get(name) ?? "option";
