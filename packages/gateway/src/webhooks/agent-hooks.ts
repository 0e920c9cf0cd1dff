import type { Transaction } from "kysely";
import type { AuditLog, By } from "../audit/index.ts";
import type { Clock, Random, Timestamps } from "../runtime/index.ts";
import type { Database, Note } from "../storage/index.ts";
import { receiverOf } from "./endpoint.ts";
import { endpointChange } from "./endpoint-changes.ts";
import type { EndpointStore } from "./endpoint-store.ts";
import { AGENT_EVENT } from "./event.ts";
import { mintSecret, rotated } from "./secrets.ts";

export interface AgentHooksOptions {
  endpoints: EndpointStore;
  auditLog: AuditLog;
  clock: Clock;
  random: Random;
  timestamps: Timestamps;
}

/** The receivers that agents have: their `webhook_url`, written in the transactions that change the agents. */
export class AgentHooks {
  readonly #options: AgentHooksOptions;

  constructor(options: AgentHooksOptions) {
    this.#options = options;
  }

  /** An agent's tasks are told to another address from now on, or to the first. @returns the secret, shown this once */
  async set(
    trx: Transaction<Database>,
    note: Note,
    { agentId, orgId, url }: { agentId: string; orgId: string | null; url: string },
  ): Promise<string> {
    const { endpoints, random, timestamps } = this.#options;
    const secret = mintSecret(random);
    const now = timestamps();
    await endpoints.putOfAgent(trx, note, {
      id: agentId,
      orgId,
      agentId,
      url,
      receiver: receiverOf(url),
      events: [AGENT_EVENT],
      description: "",
      secrets: [{ secret, until: null }],
      disabledReason: null,
      failingSince: null,
      createdAt: now,
      updatedAt: now,
    });
    return secret;
  }

  /** Its address was said once more: it is told again, should it have been disabled. */
  async enable(trx: Transaction<Database>, note: Note, agentId: string, by: By): Promise<void> {
    const { auditLog, endpoints } = this.#options;
    const before = await endpoints.enableOfAgent(trx, note, agentId);
    if (!before) return;
    const after = { ...before, disabledReason: null, failingSince: null };
    await auditLog.rowIn(trx, by, endpointChange("changed", before, after));
  }

  clear(trx: Transaction<Database>, note: Note, agentId: string): Promise<void> {
    return this.#options.endpoints.dropOfAgent(trx, note, agentId);
  }

  /** An organization is being deleted: its endpoints go with it, those of its agents are nobody's then. */
  orgGone(trx: Transaction<Database>, note: Note, orgId: string): Promise<void> {
    return this.#options.endpoints.noteOrgGone(trx, note, orgId);
  }

  /** @returns the new secret, shown this once; undefined when the agent has no `webhook_url` */
  async rotateSecret(agentId: string, by: By): Promise<string | undefined> {
    const { auditLog, clock, endpoints, random, timestamps } = this.#options;
    const secret = mintSecret(random);
    const updated = await endpoints.update(
      agentId,
      (one) => ({ ...one, secrets: rotated(one.secrets, secret, clock.now()), updatedAt: timestamps() }),
      (trx, after, before) => auditLog.rowIn(trx, by, endpointChange("secret_rotated", before, after)),
    );
    return updated && secret;
  }
}
