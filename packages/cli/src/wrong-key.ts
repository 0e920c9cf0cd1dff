import { type AgentGateClient, GatewayError } from "@agentgate/client";
import type { Cli } from "./cli.ts";

/** What everybody sees is answered whatever the key: says so where that is why one's own is not there. */
export async function noteWrongKey({ options, output }: Cli, client: AgentGateClient): Promise<void> {
  // A program goes by what it gets, and waits for no more.
  if (options.apiKey === undefined || output.json) return;
  try {
    await client.me({ timeoutMs: TIMEOUT_MS });
  } catch (error) {
    if (!GatewayError.isInstance(error) || error.status !== 401) return;
    output.note("the gateway does not know this key: what follows is what everybody sees (agentgate whoami)");
  }
}

/** Whether the key is right is worth no more waiting than what was asked for. */
const TIMEOUT_MS = 5_000;
