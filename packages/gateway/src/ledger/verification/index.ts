export type { Audit } from "./audits.ts";
export { CheckpointStore } from "./checkpoints.ts";
export { historySums } from "./history.ts";
export type { Problem } from "./problems.ts";
export { SqlBooks } from "./sql-books.ts";
export { type VerificationReport, verifyBooks } from "./verify.ts";
export { LedgerWatch, type LedgerWatchOptions, type Pace } from "./watch.ts";
