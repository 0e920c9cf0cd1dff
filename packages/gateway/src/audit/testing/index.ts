import { createTimestamps, systemClock, systemRandom } from "../../runtime/index.ts";
import type { Storage } from "../../storage/index.ts";
import { AuditLog } from "../audit-log.ts";

/** The audit log of a database, for a room that writes into it. */
export const auditLogIn = (storage: Storage): AuditLog =>
  new AuditLog({ storage, random: systemRandom, timestamps: createTimestamps(systemClock), wake() {} });
