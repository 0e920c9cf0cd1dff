export type { Gateway } from "./app.ts";
export { changeSecrets } from "./change-secrets.ts";
export { type Config, ConfigError, developmentEnvironment, readConfig, settings } from "./config/index.ts";
export type { SecretsReport } from "./secrets/index.ts";
export { type RunningServer, StartError, startServer } from "./server.ts";
export { untilTold } from "./until-told.ts";
export { type AuditPlace, verifyAudit } from "./verify-audit.ts";
export { verifyLedger } from "./verify-ledger.ts";
export { version } from "./version.ts";
