import type { Transaction } from "kysely";
import type { By } from "../audit/index.ts";
import type { Database, Note } from "../storage/index.ts";
import type { WebhooksRoom } from "../webhooks/index.ts";
import type { Agent } from "./agent.ts";

/** What changes of an agent are called when they are told; secrets are told by their names alone. */
const TOLD = {
  name: "name",
  description: "description",
  url: "url",
  version: "version",
  skills: "skills",
  tags: "tags",
  webhookUrl: "webhook_url",
  pricePerTask: "price_per_task",
  keyHash: "agent_api_key",
  timeoutMs: "timeout_ms",
  protocol: "protocol",
  protocolSetting: "protocol_setting",
  visibility: "visibility",
} as const satisfies Partial<Record<keyof Agent, string>>;

/** Keeps an agent's `webhook_url` where webhooks are told from, and tells of changes: in the transactions that make them. */
export class AgentWebhooks {
  readonly #webhooks: Pick<WebhooksRoom, "agentHooks" | "announcer">;

  constructor(webhooks: Pick<WebhooksRoom, "agentHooks" | "announcer">) {
    this.#webhooks = webhooks;
  }

  /** @returns the secret of its `webhook_url`, where it has one */
  async registered(trx: Transaction<Database>, note: Note, agent: Agent): Promise<string | undefined> {
    const { id: agentId, orgId, webhookUrl: url } = agent;
    return url === null ? undefined : this.#webhooks.agentHooks.set(trx, note, { agentId, orgId, url });
  }

  /**
   * @param terms `saysWebhook`: the request names a `webhook_url`, be it the one it has
   * @returns the secret of one that is new
   */
  async changed(
    trx: Transaction<Database>,
    note: Note,
    { before, after }: { before: Agent; after: Agent },
    { by, saysWebhook }: { by: By; saysWebhook: boolean },
  ): Promise<string | undefined> {
    await this.#tell(trx, before, after);
    if (after.webhookUrl !== before.webhookUrl) {
      if (after.webhookUrl !== null) return this.registered(trx, note, after);
      await this.removed(trx, note, after.id);
    } else if (saysWebhook && after.webhookUrl !== null)
      await this.#webhooks.agentHooks.enable(trx, note, after.id, by);
    return undefined;
  }

  removed(trx: Transaction<Database>, note: Note, agentId: string): Promise<void> {
    return this.#webhooks.agentHooks.clear(trx, note, agentId);
  }

  async #tell(trx: Transaction<Database>, before: Agent, after: Agent): Promise<void> {
    const changed = (Object.keys(TOLD) as (keyof typeof TOLD)[])
      .filter((field) => !isSame(before[field], after[field]))
      .map((field) => TOLD[field]);
    if (changed.length === 0) return;
    const { id: agentId, name, orgId, updatedAt: at } = after;
    const fields = { agent_id: agentId, agent_name: name, changed };
    await this.#webhooks.announcer.announceIn(trx, { event: "agent.changed", orgId, agentId, at, fields });
  }
}

const isSame = (a: unknown, b: unknown): boolean =>
  a === b || (typeof a === "object" && JSON.stringify(a) === JSON.stringify(b));
