import { auditLogIn } from "../../audit/testing/index.ts";
import { type Clock, createTimestamps, silentLog, systemRandom } from "../../runtime/index.ts";
import type { Storage } from "../../storage/index.ts";
import { type KeysRoom, openKeys } from "../index.ts";

/** The keys of a database, for a room that asks whose they are. */
export const keysIn = (storage: Storage, clock: Clock): KeysRoom =>
  openKeys({
    storage,
    auditLog: auditLogIn(storage),
    clock,
    random: systemRandom,
    timestamps: createTimestamps(clock),
    log: silentLog,
    budgetAccounts: async () => [],
  });
