import type { AgentGateClient } from "@agentgate/client";
import type { WebhookDelivery } from "@agentgate/protocol";

const LOOK_MS = 1_000;
const PAGE = 100;
/** Of pages between two looks: what came behind these is not told. */
const PAGES_MAX = 20;

/**
 * Deliveries in the order in which they are made, each once: those that are written after `listening` was called, and who was told so may
 * make them at once.
 */
export async function* newDeliveries(
  client: AgentGateClient,
  { event, listening }: { event?: string | undefined; listening?: () => void } = {},
): AsyncGenerator<WebhookDelivery, never> {
  const options = { event, limit: PAGE };
  let last = (await client.listWebhookDeliveries({ limit: 1 })).entries[0]?.id ?? "";
  listening?.();
  for (;;) {
    const found: WebhookDelivery[] = [];
    let before: string | undefined;
    for (let pages = 0; pages < PAGES_MAX; pages++) {
      const page = await client.listWebhookDeliveries({ ...options, before });
      const isKnown = page.entries.some(({ id }) => id <= last);
      found.push(...page.entries.filter(({ id }) => id > last));
      if (isKnown || page.next === null) break;
      before = page.next;
    }
    yield* found.reverse();
    last = found.at(-1)?.id ?? last;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
