export { settingsInForce } from "./in-force.ts";
export { configurationPage } from "./page.ts";
export { ConfigError, developmentEnvironment, readConfig } from "./read.ts";
export { settingsWithRisks } from "./risks.ts";
export { type Config, settings } from "./settings.ts";
export { configWarnings } from "./warnings.ts";
