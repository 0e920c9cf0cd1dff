import { setTimeout as sleep } from "node:timers/promises";
import { type AgentGateClient, GatewayError } from "@agentgate/client";
import type { NamedAgentHealth } from "@agentgate/protocol";

const LOOK_MS = 500;

/**
 * Looks at an agent until the gateway reaches it, or the time is over.
 * @returns what was found last
 */
export async function waitUntilHealthy(
  client: AgentGateClient,
  id: string,
  waitMs: number,
  signal?: AbortSignal,
): Promise<NamedAgentHealth> {
  const endsAt = Date.now() + waitMs;
  for (;;) {
    const health = await look(client, id, signal);
    if (health.status === "healthy" || Date.now() >= endsAt) return health;
    await sleep(Math.min(LOOK_MS, Math.max(0, endsAt - Date.now())), undefined, { signal });
  }
}

/** A look of our own; where that is asked for too often, or not allowed, what the gateway found by itself. */
async function look(client: AgentGateClient, id: string, signal?: AbortSignal): Promise<NamedAgentHealth> {
  try {
    return await client.checkAgentHealth(id, { signal });
  } catch (error) {
    if (GatewayError.isInstance(error) && (error.status === 429 || error.status === 403)) {
      return client.getAgentHealth(id, { signal });
    }
    throw error;
  }
}

/** Why it is not healthy. */
export const whyUnhealthy = (health: NamedAgentHealth): string =>
  health.status === "unknown" ? health.message : (health.error ?? "no reason is known");
