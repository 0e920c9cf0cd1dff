import type { WebhookEndpoint } from "@agentgate/protocol";
import { en } from "../../messages/en.ts";
import { State } from "../../ui/state.tsx";

const said = en.webhooks;

export function EndpointState({ endpoint }: { endpoint: WebhookEndpoint }) {
  if (endpoint.status === "disabled") return <State is="failed" word={said.disabled} />;
  if (endpoint.failing_since !== null) return <State is="slow" word={said.failing} />;
  return <State is="ok" word={said.enabled} />;
}
