import { type Dialer, hostedUrl, OutboundError } from "../outbound/index.ts";

const TIMEOUT_MS = 5_000;

/** Where an agent says that it is well: the plain contract's place, then an A2A card. */
export const LIFE_SIGNS = ["/health", "/.well-known/agent-card.json"];

/**
 * Looks whether a hosted agent answers. What is wrong; null when nothing is, undefined when that was not found out, because the gateway
 * itself was busy.
 */
export async function lookAt(dialer: Dialer, agentId: string, sign: string): Promise<string | null | undefined> {
  try {
    const call = dialer.send({
      url: hostedUrl(agentId) + sign,
      agentId,
      method: "GET",
      timeoutMs: TIMEOUT_MS,
      maxResponseBytes: 65_536,
      bodyOptional: true,
      owner: agentId,
    });
    const { status } = await call.response;
    return status === 200 ? null : `HTTP ${status}`;
  } catch (error) {
    if (!OutboundError.isInstance(error)) throw error;
    return error.kind === "busy" || error.kind === "aborted" ? undefined : error.message;
  }
}
