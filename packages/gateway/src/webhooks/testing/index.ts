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
  return openWebhooks({
    storage,
    dialer: createDialer({ clock, log: silentLog, allowPrivateNetworks: true }),
    sealer: createSealer("the-secret-key-of-a-test", systemRandom),
    clock,
    random: systemRandom,
    timestamps: createTimestamps(clock),
    log: silentLog,
    gauge() {},
  });
}
