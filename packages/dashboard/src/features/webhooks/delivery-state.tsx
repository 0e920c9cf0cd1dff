import type { WebhookDelivery } from "@agentgate/protocol";
import { en } from "../../messages/en.ts";
import { State } from "../../ui/state.tsx";

const SHAPES = { delivered: "ok", pending: "running", failed: "failed" } as const;

export const DeliveryState = ({ status }: Pick<WebhookDelivery, "status">) => (
  <State is={SHAPES[status]} word={en.webhooks.states[status]} />
);
