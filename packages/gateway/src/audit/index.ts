export { AuditLog } from "./audit-log.ts";
export { type By, byCaller, byGateway } from "./by.ts";
export {
  type AuditedChange,
  asHashed,
  asIs,
  asMoney,
  asSecret,
  asTime,
  asUrl,
  changesBetween,
  type FieldChange,
  type Telling,
} from "./change.ts";
export { type AuditRoom, openAudit } from "./room.ts";
