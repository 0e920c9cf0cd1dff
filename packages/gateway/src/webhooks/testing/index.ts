import { auditLogIn } from "../../audit/testing/index.ts";
import { openLeases } from "../../leases/index.ts";
import { createDialer } from "../../outbound/index.ts";
import {
  type Clock,
  createSealer,
  createTimestamps,
  silentLog,
  systemClock,
  systemRandom,
} from "../../runtime/index.ts";
import type { Storage } from "../../storage/index.ts";
import { openWebhooks, type WebhooksRoom } from "../index.ts";

/** The room on a test's storage: what is told is written down; it is delivered once it is started. */
export function testWebhooks(storage: Storage, clock: Clock = systemClock): WebhooksRoom {
  const common = { storage, clock, random: systemRandom, log: silentLog };
  return openWebhooks({
    ...common,
    auditLog: auditLogIn(storage),
    settings: { webhookRetentionHours: 168 },
    leases: openLeases(common),
    dialer: createDialer({ clock, log: silentLog, allowPrivateNetworks: true }),
    sealer: createSealer("the-secret-key-of-a-test", systemRandom),
    timestamps: createTimestamps(clock),
    gauge() {},
  });
}
