import { A2AError } from "@agentgate/protocol/a2a";
import type { PushRelay } from "./push-relay.ts";

export const noPush: PushRelay = {
  async relayInline() {
    return undefined;
  },
  async handle() {
    throw new A2AError("PushNotificationNotSupported", "Push notifications are not supported");
  },
};
