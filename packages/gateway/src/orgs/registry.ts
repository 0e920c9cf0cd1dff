import { isTier, type MicroDollars, tiers } from "@agentgate/protocol";
import type { Transaction } from "kysely";
import type { z } from "zod";
import { actions, demandOwn, type ListedAction, may, organization } from "../access/index.ts";
import type { AuditLog, By } from "../audit/index.ts";
import { notFound, type Principal, Problem } from "../http/index.ts";
import {
  CachedLookup,
  hashKey,
  mintKey,
  mixesScripts,
  nameKey,
  type Random,
  type Timestamps,
} from "../runtime/index.ts";
import { type Database, isUniqueViolation, type Storage } from "../storage/index.ts";
import type { WebhooksRoom } from "../webhooks/index.ts";
import type { orgCreation, orgUpdate } from "./fields.ts";
import { type Org, rateLimitOf } from "./org.ts";
import { orgChanged, orgCreated, orgDeleted, ownKeyChanged } from "./org-changes.ts";
import type { Principals } from "./principals.ts";
import { NameTakenError, ORGS_TOPIC, type OrgListPage, OrgStore } from "./store.ts";
import { walletLow } from "./wallet-watch.ts";

export interface OrgRegistryOptions {
  storage: Storage;
  random: Random;
  timestamps: Timestamps;
  principals: Principals;
  webhooks: Pick<WebhooksRoom, "agentHooks" | "announcer">;
  auditLog: AuditLog;
  /** Money in the wallets of these organizations, by id. */
  balancesOf(orgIds: readonly string[]): Promise<ReadonlyMap<string, MicroDollars>>;
  /** Whether owners may change their own limits, costs and tier. */
  selfService: boolean;
}

const ORG_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Creates, changes and removes organizations and their keys. */
export class OrgRegistry {
  readonly #store: OrgStore;
  readonly #random: Random;
  readonly #timestamps: Timestamps;
  readonly #principals: Principals;
  readonly #webhooks: Pick<WebhooksRoom, "agentHooks" | "announcer">;
  readonly #auditLog: AuditLog;
  readonly #balancesOf: OrgRegistryOptions["balancesOf"];
  readonly #selfService: boolean;
  readonly #cached: CachedLookup<Org>;

  constructor(options: OrgRegistryOptions) {
    const { storage, random, timestamps, principals, selfService } = options;
    this.#webhooks = options.webhooks;
    this.#auditLog = options.auditLog;
    this.#balancesOf = options.balancesOf;
    this.#store = new OrgStore(storage);
    this.#random = random;
    this.#timestamps = timestamps;
    this.#principals = principals;
    this.#selfService = selfService;
    this.#cached = new CachedLookup((id) => this.#store.find(id));
    storage.changes.subscribe(ORGS_TOPIC, (changed) => this.#cached.forget(changed));
  }

  /** The organization as the hot path sees it: from memory when it was seen before. */
  find(id: string): Org | undefined | Promise<Org | undefined> {
    return this.#cached.get(id);
  }

  /** The organization, for who may do this to it. @throws Problem 403 for anybody else (whether it exists or not), 404. */
  async get(id: string, caller: Principal, action: ListedAction): Promise<Org> {
    demandOwn(caller, action, organization(id), "organization");
    const org = await this.find(id);
    if (!org) throw notFound("Organization");
    return org;
  }

  /** Whether it exists now, by the database and not by what this node remembers. */
  async exists(id: string): Promise<boolean> {
    return (await this.#store.find(id)) !== undefined;
  }

  /** Those of these that are there, in this order. */
  async those(ids: readonly string[]): Promise<Org[]> {
    const found = await Promise.all([...new Set(ids)].map((id) => this.find(id)));
    return found.filter((org) => org !== undefined);
  }

  /** Newest first. */
  list(page: OrgListPage): Promise<{ orgs: Org[]; next: string | undefined }> {
    return this.#store.list(page);
  }

  /** The one with this id, or those whose names begin so, by name. @throws Problem 400 when the page before ended where nothing is now */
  async search(q: string, page: OrgListPage): Promise<{ orgs: Org[]; next: string | undefined }> {
    const org = page.after === undefined && ORG_ID.test(q) ? await this.#store.find(q.toLowerCase()) : undefined;
    if (org) return { orgs: [org], next: undefined };
    const found = await this.#store.listNamed(q, page);
    if (!found)
      throw new Problem(400, "The organization at which the page before ended is gone: begin with the first page");
    return found;
  }

  /** @returns the organization, and its key when one was minted. @throws Problem 409 when the name or key is taken. */
  async create(given: z.output<typeof orgCreation>, by: By): Promise<{ org: Org; mintedKey?: string }> {
    await this.#demandHonestName(given.name);
    const key = given.api_key ?? mintKey("org", this.#random);
    if (this.#principals.isAdminKey(key)) throw keyTaken();
    const now = this.#timestamps();
    const org: Org = {
      id: this.#random.uuid(),
      name: given.name,
      costPerInvocation: given.cost_per_invocation,
      billingAlertThreshold: given.billing_alert_threshold,
      walletLowThreshold: given.wallet_low_threshold ?? null,
      rateLimit: given.rate_limit,
      rateBurst: given.rate_burst,
      tier: given.tier,
      createdAt: now,
      updatedAt: now,
    };
    const hash = hashKey(key);
    await this.#store
      .insert(org, hash, (trx) => this.#auditLog.rowIn(trx, by, orgCreated(org, hash)))
      .catch(asConflict);
    return given.api_key == null ? { org, mintedKey: key } : { org };
  }

  /** @throws Problem 403 when an owner would change what only the admin may. */
  async update(id: string, given: Partial<z.output<typeof orgUpdate>>, by: By): Promise<Org> {
    const current = await this.get(id, by.caller, actions.writeOrgs);
    this.#demandRight(by.caller, current, given);
    if (given.name != null && given.name !== current.name) await this.#demandHonestName(given.name);
    const balance = given.wallet_low_threshold == null ? undefined : ((await this.#balancesOf([id])).get(id) ?? 0n);
    const change = (current: Org): Org => ({
      ...current,
      name: given.name ?? current.name,
      costPerInvocation: given.cost_per_invocation ?? current.costPerInvocation,
      billingAlertThreshold: given.billing_alert_threshold ?? current.billingAlertThreshold,
      walletLowThreshold: given.wallet_low_threshold ?? current.walletLowThreshold,
      rateLimit: given.rate_limit ?? current.rateLimit,
      rateBurst: given.rate_burst ?? current.rateBurst,
      tier: given.tier ?? current.tier,
      updatedAt: this.#timestamps(),
    });
    const updated = await this.#store
      .update(id, change, async (trx, { before, after }) => {
        await this.#auditLog.rowIn(trx, by, orgChanged(before, after));
        const isNew = after.walletLowThreshold !== before.walletLowThreshold;
        if (isNew && balance !== undefined && balance < (after.walletLowThreshold ?? 0n))
          await this.#webhooks.announcer.announceIn(trx, walletLow(after, balance));
      })
      .catch(asConflict);
    if (!updated) throw notFound("Organization");
    return updated;
  }

  /** @throws Problem 400 for no such tier or the one it has, 403 when an owner may not. */
  async changeTier(id: string, tier: string, by: By): Promise<{ before: Org; after: Org }> {
    const before = await this.get(id, by.caller, actions.writeOrgs);
    if (!isTier(tier)) {
      throw new Problem(400, `Invalid tier: ${tier.slice(0, 100)}. Must be one of: ${tiers.join(", ")}`, {
        code: "invalid_tier",
      });
    }
    if (before.tier === tier) throw new Problem(400, `Already on tier: ${tier}`, { code: "same_tier" });
    return { before, after: await this.update(id, { tier }, by) };
  }

  async remove(id: string, by: By): Promise<void> {
    await this.get(id, by.caller, actions.manageOrgs);
    const gone = await this.#store.delete(id, async (trx, note, org) => {
      await this.#webhooks.agentHooks.orgGone(trx, note, id);
      await this.#auditLog.rowIn(trx, by, orgDeleted(org));
    });
    if (!gone) throw notFound("Organization");
  }

  /** @throws Problem 409 for a name that looks like another's, 422 for one that nobody can read, or of letters that only look like others */
  async #demandHonestName(name: string): Promise<void> {
    const isEmpty = nameKey(name) === "";
    if (!isEmpty && !mixesScripts(name)) return;
    if (!isEmpty && (await this.#store.hasName(name))) throw nameTaken();
    const msg = isEmpty
      ? "A name needs characters that can be seen"
      : "A word of the name mixes letters of several scripts, which look like other letters";
    throw new Problem(422, [{ type: "value_error", loc: ["body", "name"], msg, input: name }], {
      code: "validation_failed",
    });
  }

  /** Without self-service an owner may lower its own limits but not raise them, nor change its tier or costs. */
  #demandRight(caller: Principal, current: Org, given: Partial<z.output<typeof orgUpdate>>): void {
    if (may(caller, actions.setTerms) || this.#selfService) return;
    const limits = rateLimitOf(current);
    const raises =
      (given.rate_limit ?? 0) > limits.rate ||
      (given.rate_burst ?? 0) > limits.burst ||
      (given.tier ?? current.tier) !== current.tier ||
      (given.cost_per_invocation ?? current.costPerInvocation) !== current.costPerInvocation;
    if (raises)
      throw new Problem(403, "Limits, costs and tiers are set by the admin of this gateway", {
        code: "no_self_service",
      });
  }

  /** Mints a second key; both work until `confirmRotation`. A key that already waited is dead at once, which is told. */
  async rotateKey(id: string, by: By): Promise<{ key: string; replaced: boolean }> {
    const org = await this.get(id, by.caller, actions.rotateOwnKey);
    const key = mintKey("org", this.#random);
    const secondary = { hash: hashKey(key), createdAt: this.#timestamps() };
    const set = await this.#store.setSecondaryKey(id, secondary, async (trx, _note, replaced) => {
      await this.#tellRotation(trx, org, "pending");
      await this.#auditLog.rowIn(trx, by, ownKeyChanged(org, "rotated", replaced, secondary.hash));
    });
    if (!set) throw notFound("Organization");
    return { key, replaced: set.replaced };
  }

  /** Which of its keys an organization shows while a rotation waits to be confirmed; undefined while none does. */
  async sideOfRotation(id: string, keyHash: string): Promise<"old" | "new" | undefined> {
    const waiting = await this.#store.waitingKey(id);
    if (waiting === undefined) return undefined;
    return waiting === keyHash ? "new" : "old";
  }

  #tellRotation(trx: Transaction<Database>, { id, name }: Org, stage: "pending" | "confirmed"): Promise<void> {
    const fields = { org_name: name, stage };
    return this.#webhooks.announcer.announceIn(trx, { event: "key.rotated", orgId: id, fields });
  }

  /** Ends the old key, here at once and on every node within a second. @throws Problem 400 when no new key waits. */
  async confirmRotation(id: string, by: By): Promise<void> {
    const org = await this.get(id, by.caller, actions.rotateOwnKey);
    const isDone = await this.#store.promoteSecondaryKey(id, async (trx, _note, before, after) => {
      await this.#tellRotation(trx, org, "confirmed");
      await this.#auditLog.rowIn(trx, by, ownKeyChanged(org, "confirmed", before, after));
    });
    if (!isDone) {
      throw new Problem(400, "No key rotation is pending; start one with rotate-key", { code: "no_rotation_pending" });
    }
  }
}

const nameTaken = () =>
  new Problem(409, "An organization of this name, or of one that looks like it, exists already", {
    code: "name_taken",
  });
const keyTaken = () => new Problem(409, "This API key is already in use; choose another", { code: "key_taken" });

function asConflict(error: unknown): never {
  if (
    error instanceof NameTakenError ||
    ["orgs.name", "orgs.name_claim"].some((column) => isUniqueViolation(error, column))
  ) {
    throw nameTaken();
  }
  if (isUniqueViolation(error, "org_keys.hash")) throw keyTaken();
  throw error;
}
