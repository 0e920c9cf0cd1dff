export { BillingAlerts } from "./alerts.ts";
export { closeWallet } from "./close-wallet.ts";
export { meteringRoutes } from "./metering-routes.ts";
export type { TopupMode } from "./settings.ts";
export { Statements } from "./statement.ts";
export { statementRoutes } from "./statement-routes.ts";
export { transactionRoutes } from "./transaction-routes.ts";
export { toWireReport, verifyRoutes } from "./verify-routes.ts";
export { walletRoutes } from "./wallet-routes.ts";
