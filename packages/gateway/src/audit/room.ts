import type { Callers, RouteDefinition } from "../http/index.ts";
import { type Leases, Retention } from "../leases/index.ts";
import type { Clock, Log, NetworkOf, Random, Timestamps } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { AuditLog } from "./audit-log.ts";
import { ChainKeeper } from "./chain-keeper.ts";
import { keptRows } from "./kept-rows.ts";
import { AuditReader } from "./reader.ts";
import { Refusals } from "./refusals.ts";
import { type AuditFaceOptions, auditRoutes } from "./routes.ts";

/** What the room reads of the gateway's settings. */
export interface AuditSettings {
  /** 0 keeps them for ever. */
  auditDays: number;
}

export interface AuditRoomOptions {
  settings: AuditSettings;
  storage: Storage;
  leases: Leases;
  clock: Clock;
  random: Random;
  timestamps: Timestamps;
  log: Log;
  networkOf: NetworkOf;
}

export interface AuditRoom {
  /** Writes down who changed what. */
  auditLog: AuditLog;
  /** Counts who was not let administer. */
  onRefused: NonNullable<Callers["onRefused"]>;
  /** @param options asks the organizations, who are above */
  auditRoutesFor(options: Omit<AuditFaceOptions, "reader">): RouteDefinition[];
  start(): void;
  /** Links what waits, where it is this node that does so. */
  close(): Promise<void>;
}

/** Who changed what. */
export function openAudit(options: AuditRoomOptions): AuditRoom {
  const { storage, settings } = options;
  const keeper = new ChainKeeper(options);
  const auditLog = new AuditLog({ ...options, wake: () => keeper.wake() });
  const reader = new AuditReader(storage);
  const refusals = new Refusals({ ...options, auditLog });
  const retention =
    settings.auditDays > 0 ? new Retention(options, keptRows(storage, auditLog, settings.auditDays)) : undefined;
  return {
    auditLog,
    onRefused: (refusal) => refusals.note(refusal),
    auditRoutesFor: (face) => auditRoutes({ ...face, reader }),
    start() {
      keeper.start();
      retention?.start();
    },
    async close() {
      await refusals.close();
      await retention?.close();
      await keeper.close();
    },
  };
}
