import type { Agent } from "@agentgate/protocol";
import type { Output } from "../output/output.ts";

/** Shows the secret of a `webhook_url` that was just set. */
export function showWebhookSecret(output: Output, { webhook_secret: secret }: Agent): void {
  if (secret === undefined) return;
  output.fields([["Webhook secret", secret]]);
  output.line("It is shown only now; your receiver checks signatures with it.");
}
