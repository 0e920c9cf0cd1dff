import type { z } from "zod";
import { actions, demandOwn, type ListedAction, orgOf } from "../access/index.ts";
import type { AuditLog, By } from "../audit/index.ts";
import { notFound, type Principal, Problem } from "../http/index.ts";
import type { Dialer } from "../outbound/index.ts";
import type { Clock, Random, Timestamps } from "../runtime/index.ts";
import { type Endpoint, receiverOf } from "./endpoint.ts";
import { endpointChange } from "./endpoint-changes.ts";
import { ENDPOINTS_MAX, type EndpointPlace, type EndpointStore } from "./endpoint-store.ts";
import type { endpointCreation, endpointUpdate } from "./fields.ts";
import { mintSecret, rotated } from "./secrets.ts";

export interface EndpointsOptions {
  endpoints: EndpointStore;
  auditLog: AuditLog;
  dialer: Pick<Dialer, "checkUrl">;
  clock: Clock;
  random: Random;
  timestamps: Timestamps;
}

/** An endpoint whose secret is new: shown this once. */
export type EndpointWithSecret = Endpoint & { readonly newSecret: string };

/** Makes, changes and removes organizations' receivers of webhooks, and shows those of their agents beside them. */
export class Endpoints {
  readonly #options: EndpointsOptions;

  constructor(options: EndpointsOptions) {
    this.#options = options;
  }

  /** @throws Problem 400 for an unsafe URL, 403 when the organization has all it may have, 404 for no such organization */
  async create(given: z.output<typeof endpointCreation>, by: By): Promise<EndpointWithSecret> {
    await this.#demandSafe(given.url);
    const orgId = orgOf(by.caller) ?? given.org_id;
    if (orgId === null) throw missingOrg();
    const { auditLog, endpoints, random, timestamps } = this.#options;
    const now = timestamps();
    const secret = mintSecret(random);
    const endpoint = {
      id: random.uuid(),
      orgId,
      agentId: null,
      url: given.url,
      receiver: receiverOf(given.url),
      events: given.events,
      description: given.description,
      secrets: [{ secret, until: null }],
      disabledReason: null,
      failingSince: null,
      createdAt: now,
      updatedAt: now,
    };
    const inserted = await endpoints.insert(endpoint, (trx) =>
      auditLog.rowIn(trx, by, endpointChange("created", undefined, endpoint)),
    );
    if (inserted === undefined) throw notFound("Organization");
    if (!inserted) {
      throw new Problem(403, `An organization may have ${ENDPOINTS_MAX} webhook endpoints; delete one`, {
        code: "endpoint_limit_reached",
      });
    }
    return { ...endpoint, newSecret: secret };
  }

  /** Newest first: the caller's, or those of `orgId`; to the admin, everybody's. @throws Problem 403 for another organization's */
  async list(
    { orgId, before, limit }: { orgId: string | undefined; before: EndpointPlace | undefined; limit: number },
    caller: Principal,
  ): Promise<{ entries: Endpoint[]; next: EndpointPlace | null }> {
    const whose = orgId ?? orgOf(caller);
    const found = await this.#page(whose, caller, before, limit);
    const entries = found.slice(0, limit);
    return { entries, next: found.length > limit ? entries.at(-1)! : null };
  }

  /** @throws Problem 404, or 403 for somebody else's */
  get(id: string, caller: Principal): Promise<Endpoint> {
    return this.#own(id, caller, actions.readWebhooks);
  }

  /** @throws Problem 400 for an unsafe URL, 404, 403 for somebody else's, 409 for what of an agent's is changed with the agent */
  async update(id: string, given: z.output<typeof endpointUpdate>, by: By): Promise<Endpoint> {
    if (given.url != null) await this.#demandSafe(given.url);
    const { agentId } = await this.#own(id, by.caller, actions.writeWebhooks);
    if (agentId !== null && (given.url != null || given.events != null || given.description != null)) throw ofAgent();
    const change = (one: Endpoint): Endpoint => ({
      ...one,
      ...(given.url != null && { url: given.url, receiver: receiverOf(given.url) }),
      events: given.events ?? one.events,
      description: given.description ?? one.description,
      ...conditionAfter(one, given),
      updatedAt: this.#options.timestamps(),
    });
    const { auditLog, endpoints } = this.#options;
    const updated = await endpoints.update(id, change, (trx, after, before) =>
      auditLog.rowIn(trx, by, endpointChange("changed", before, after)),
    );
    if (!updated) throw notFound("Webhook endpoint");
    return updated;
  }

  /** @throws Problem 404, 403 for somebody else's, 409 for an agent's */
  async remove(id: string, by: By): Promise<void> {
    const endpoint = await this.#own(id, by.caller, actions.writeWebhooks);
    if (endpoint.agentId !== null) throw ofAgent();
    const { auditLog, endpoints } = this.#options;
    const isGone = await endpoints.delete(endpoint, (trx) =>
      auditLog.rowIn(trx, by, endpointChange("deleted", endpoint, undefined)),
    );
    if (!isGone) throw notFound("Webhook endpoint");
  }

  /** Both secrets sign for a day. @throws Problem 404, 403 for somebody else's */
  async rotateSecret(id: string, by: By): Promise<EndpointWithSecret> {
    await this.#own(id, by.caller, actions.writeWebhooks);
    const { auditLog, clock, endpoints, random, timestamps } = this.#options;
    const newSecret = mintSecret(random);
    const updated = await endpoints.update(
      id,
      (one) => ({ ...one, secrets: rotated(one.secrets, newSecret, clock.now()), updatedAt: timestamps() }),
      (trx, after, before) => auditLog.rowIn(trx, by, endpointChange("secret_rotated", before, after)),
    );
    if (!updated) throw notFound("Webhook endpoint");
    return { ...updated, newSecret };
  }

  /** The endpoint, for somebody who changes things. @throws Problem 404, 403 for somebody else's */
  managed(id: string, caller: Principal): Promise<Endpoint> {
    return this.#own(id, caller, actions.writeWebhooks);
  }

  async #page(
    orgId: string | undefined,
    caller: Principal,
    before: EndpointPlace | undefined,
    limit: number,
  ): Promise<Endpoint[]> {
    const { endpoints } = this.#options;
    if (orgId === undefined) return endpoints.page(before, limit + 1);
    demandOwn(caller, actions.readWebhooks, { orgId }, "organization");
    const all = await endpoints.allOf(orgId);
    const isBehind = ({ createdAt, id }: Endpoint) =>
      !before || createdAt < before.createdAt || (createdAt === before.createdAt && id < before.id);
    return all.filter(isBehind).slice(0, limit + 1);
  }

  async #own(id: string, caller: Principal, action: ListedAction): Promise<Endpoint> {
    const endpoint = await this.#options.endpoints.find(id);
    if (!endpoint) throw notFound("Webhook endpoint");
    demandOwn(caller, action, endpoint, "webhook endpoint");
    return endpoint;
  }

  async #demandSafe(url: string): Promise<void> {
    const verdict = await this.#options.dialer.checkUrl(url);
    if (!verdict.ok) throw new Problem(400, `Invalid URL: ${verdict.reason}`, { code: "invalid_url" });
  }
}

/** One that is given another address, or is enabled by its owner, begins anew. */
function conditionAfter(
  one: Endpoint,
  { status, url }: z.output<typeof endpointUpdate>,
): Pick<Endpoint, "disabledReason" | "failingSince"> {
  if (status === "disabled") return { disabledReason: one.disabledReason ?? "by its owner", failingSince: null };
  const beginsAnew = status === "enabled" || (url != null && url !== one.url);
  return beginsAnew
    ? { disabledReason: null, failingSince: null }
    : { disabledReason: one.disabledReason, failingSince: one.failingSince };
}

const ofAgent = () =>
  new Problem(409, "This is an agent's webhook_url; change it with PUT /agents/{id}", { code: "agents_webhook" });

const missingOrg = () =>
  new Problem(
    422,
    [{ type: "missing", loc: ["body", "org_id"], msg: "The admin says whose endpoint it is", input: null }],
    { code: "validation_failed" },
  );
