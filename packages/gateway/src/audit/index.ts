export { AuditLog } from "./audit-log.ts";
export { type By, byCaller, byGateway } from "./by.ts";
export {
  type AuditedChange,
  asHashed,
  asIs,
  asMoney,
  asReceiver,
  asSecret,
  asTime,
  asUrl,
  type CompleteTelling,
  changesBetween,
  type FieldChange,
  type Telling,
} from "./change.ts";
export { type AuditRoom, openAudit } from "./room.ts";
export { AuditVerification, type NotedHead } from "./verify.ts";
export { verifyAuditLines } from "./verify-file.ts";
