export { BillingCalls, type StatementOptions } from "./billing.ts";
export { type ListTransactionsOptions, TransactionCalls, type TransactionFilter } from "./transactions.ts";
export { type TopupOptions, WalletCalls } from "./wallet.ts";
