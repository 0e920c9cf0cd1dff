export { AuditCalls, type AuditFilter, type AuditOptions } from "./audit.ts";
export { OperatorCalls } from "./operator.ts";
