export { closeWallet } from "./close-wallet.ts";
export { type BillingRoom, openBilling } from "./room.ts";
export { toWireReport } from "./verify-routes.ts";
