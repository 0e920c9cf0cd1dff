import type { RouteDefinition } from "../http/index.ts";
import type { Clock, Log, Random, Timestamps } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { AuditLog } from "./audit-log.ts";
import { AuditReader } from "./reader.ts";
import { type AuditFaceOptions, auditRoutes } from "./routes.ts";

export interface AuditRoomOptions {
  storage: Storage;
  clock: Clock;
  random: Random;
  timestamps: Timestamps;
  log: Log;
}

export interface AuditRoom {
  /** Writes down who changed what. */
  auditLog: AuditLog;
  /** @param options asks the organizations, who are above */
  auditRoutesFor(options: Omit<AuditFaceOptions, "reader">): RouteDefinition[];
}

/** Who changed what. */
export function openAudit(options: AuditRoomOptions): AuditRoom {
  const { storage } = options;
  const reader = new AuditReader(storage);
  return {
    auditLog: new AuditLog({ ...options, wake() {} }),
    auditRoutesFor: (face) => auditRoutes({ ...face, reader }),
  };
}
