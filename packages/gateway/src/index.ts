export type { Gateway } from "./app.ts";
export { type Config, ConfigError, developmentEnvironment, readConfig, settings } from "./config.ts";
export { type RunningServer, StartError, startServer } from "./server.ts";
export { verifyLedger } from "./verify-ledger.ts";
export { version } from "./version.ts";
