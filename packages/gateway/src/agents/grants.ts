import type { MicroDollars } from "@agentgate/protocol";
import type { z } from "zod";
import type { AuditLog, By } from "../audit/index.ts";
import { notFound, Problem } from "../http/index.ts";
import { CachedLookup, type Clock, microsNow, type Timestamps } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import type { Agent } from "./agent.ts";
import { grantChange } from "./agent-audit.ts";
import { GRANTS_TOPIC, type Grant, type grantBody, grantKey } from "./grant.ts";
import { type AlongGrant, type GrantPage, GrantStore } from "./grant-store.ts";

/** Organizations that one agent may be granted to; what has ended makes room. */
const GRANTS_MAX = 1_000;

export interface GrantsOptions {
  storage: Storage;
  clock: Clock;
  timestamps: Timestamps;
  auditLog: AuditLog;
}

/** Which agents are granted to which organizations. Looked up in memory where it can be, also that there is nothing. */
export class Grants {
  readonly #store: GrantStore;
  readonly #auditLog: AuditLog;
  readonly #clock: Clock;
  readonly #timestamps: Timestamps;
  readonly #cached: CachedLookup<Grant>;

  constructor({ storage, clock, timestamps, auditLog }: GrantsOptions) {
    this.#auditLog = auditLog;
    this.#store = new GrantStore(storage);
    this.#clock = clock;
    this.#timestamps = timestamps;
    this.#cached = new CachedLookup<Grant>((key) => {
      const [agentId, orgId] = key.split(" ") as [string, string];
      return this.#store.find(agentId, orgId);
    });
    storage.changes.subscribe(GRANTS_TOPIC, (changed) => this.#cached.forget(changed));
  }

  /** What is granted now: one that is over is none. */
  of(agentId: string, orgId: string): Grant | undefined | Promise<Grant | undefined> {
    const found = this.#cached.get(grantKey(agentId, orgId));
    return found instanceof Promise ? found.then((grant) => this.#lasting(grant)) : this.#lasting(found);
  }

  /** Whether it is known without a look into the database what is granted. */
  remembers(agentId: string, orgId: string): boolean {
    return this.#cached.has(grantKey(agentId, orgId));
  }

  /** The prices of their own that an organization has now at these agents. */
  pricesOf(orgId: string, agentIds: readonly string[]): Promise<Map<string, MicroDollars>> {
    return this.#store.pricesOf(orgId, agentIds, microsNow(this.#clock));
  }

  /** @throws Problem 404 for no such organization, 409 for the agent's own, or when there are too many; 422 for an end that is past */
  async put(agent: Agent, orgId: string, given: z.output<typeof grantBody>, by: By): Promise<Grant> {
    if (orgId === agent.orgId) {
      throw new Problem(409, "An agent needs no grant to its own organization, which sees and calls it anyway", {
        code: "own_agent",
      });
    }
    const now = this.#timestamps();
    const expiresAt = given.expires_at === null ? null : BigInt(Date.parse(given.expires_at)) * 1000n;
    if (expiresAt !== null && expiresAt <= now) throw past(given.expires_at);
    const mayCall = given.actions.includes("call");
    const grant = { agentId: agent.id, orgId, mayCall, price: given.price, expiresAt, createdAt: now, updatedAt: now };
    const kept = await this.#store.put(grant, { grantsMax: GRANTS_MAX, now }, this.#audited(agent, by));
    if (kept === "no_org") throw notFound("Organization");
    if (kept === "no_agent") throw notFound("Agent");
    if (kept !== "too_many") return kept;
    throw new Problem(
      409,
      `An agent may be granted to ${GRANTS_MAX} organizations; revoke a grant, or make it public`,
      {
        code: "grant_limit_reached",
      },
    );
  }

  list(agentId: string, page: GrantPage): Promise<{ grants: Grant[]; next: string | null }> {
    return this.#store.list(agentId, page);
  }

  /** Also one that is over. @throws Problem 404 */
  async get(agentId: string, orgId: string): Promise<Grant> {
    const grant = await this.#store.find(agentId, orgId);
    if (!grant) throw notFound("Grant");
    return grant;
  }

  /** @throws Problem 404 */
  async remove(agent: Agent, orgId: string, by: By): Promise<void> {
    if (!(await this.#store.delete(agent.id, orgId, this.#audited(agent, by)))) throw notFound("Grant");
  }

  #audited(agent: Agent, by: By): AlongGrant {
    return (trx, before, after) => this.#auditLog.rowIn(trx, by, grantChange(agent, before, after));
  }

  #lasting(grant: Grant | undefined): Grant | undefined {
    const isOver = grant?.expiresAt != null && grant.expiresAt <= microsNow(this.#clock);
    return isOver ? undefined : grant;
  }
}

const past = (input: unknown) =>
  new Problem(422, [{ type: "value_error", loc: ["body", "expires_at"], msg: "A grant ends later than now", input }], {
    code: "validation_failed",
  });
