import type * as wire from "@agentgate/protocol";
import { asked, at, type CallOptions, GatewayRoom, toWireFields } from "../http/index.ts";

/** What may be changed of who is told of what happens. Absent fields stay as they are. */
export interface WebhookEndpointFields {
  url?: string | undefined;
  /** What it is told; empty for everything. */
  events?: readonly string[] | undefined;
  description?: string | undefined;
  /** `enabled` tells one again that was disabled. */
  status?: "enabled" | "disabled" | undefined;
}

/** Which endpoints. */
export interface WebhookEndpointFilter extends CallOptions {
  /** For the admin: one organization's. */
  orgId?: string | undefined;
}

/** Who is told of what happens. */
export abstract class WebhookEndpointCalls extends GatewayRoom {
  /** Who is told of what happens, newest first: endpoints, and agents' `webhook_url`s. To the admin, everybody's. */
  listWebhookEndpoints(filter?: WebhookEndpointFilter): Promise<wire.WebhookEndpoint[]> {
    return this.http.pages({ path: "/webhooks/endpoints", ...asked(filter) });
  }

  /** The same, each as it is taken. */
  webhookEndpoints(filter?: WebhookEndpointFilter): AsyncGenerator<wire.WebhookEndpoint, void> {
    return this.http.each({ path: "/webhooks/endpoints", ...asked(filter) });
  }

  /** Whether an endpoint is told, and why not when it is not. Its secret does not come out. */
  getWebhookEndpoint(id: string, call?: CallOptions): Promise<wire.WebhookEndpoint> {
    return this.http.json({ path: at`/webhooks/endpoints/${id}`, ...call });
  }

  /** The answer's `secret` signs what is sent, and is shown this once. The admin says whose the endpoint is. */
  createWebhookEndpoint(
    url: string,
    fields: WebhookEndpointFields & { orgId?: string | undefined } = {},
    call?: CallOptions,
  ): Promise<wire.NewWebhookEndpoint> {
    const body = toWireFields({ ...fields, url });
    return this.http.json({ method: "POST", path: "/webhooks/endpoints", body, ...call });
  }

  updateWebhookEndpoint(id: string, changes: WebhookEndpointFields, call?: CallOptions): Promise<wire.WebhookEndpoint> {
    const body = toWireFields(changes);
    return this.http.json({ method: "PUT", path: at`/webhooks/endpoints/${id}`, body, ...call });
  }

  deleteWebhookEndpoint(id: string, call?: CallOptions): Promise<void> {
    return this.http.none({ method: "DELETE", path: at`/webhooks/endpoints/${id}`, ...call });
  }

  /** A new secret, shown this once; the one before signs beside it for a day. */
  rotateWebhookSecret(id: string, call?: CallOptions): Promise<wire.NewWebhookEndpoint> {
    return this.http.json({ method: "POST", path: at`/webhooks/endpoints/${id}/rotate-secret`, ...call });
  }

  /** The same for an agent's `webhook_url`. */
  rotateAgentWebhookSecret(id: string, call?: CallOptions): Promise<{ agent_id: string; webhook_secret: string }> {
    return this.http.json({ method: "POST", path: at`/agents/${id}/webhook/rotate-secret`, ...call });
  }

  /** Sends an event `webhook.test`. What became of it, {@link getWebhookDelivery} tells a moment later. */
  sendWebhookTest(id: string, call?: CallOptions): Promise<wire.WebhookDelivery> {
    return this.http.json({ method: "POST", path: at`/webhooks/endpoints/${id}/test`, ...call });
  }
}
