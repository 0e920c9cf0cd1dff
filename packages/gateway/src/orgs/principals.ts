import { adminPrincipal, limitsOf, orgPrincipal } from "../access/index.ts";
import type { Principal } from "../http/index.ts";
import { KEYS_TOPIC, type KeysRoom } from "../keys/index.ts";
import { CachedLookup, hashKey } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { OrgStore } from "./store.ts";

/**
 * Whose key is it? Keys are looked up by their hash; answers are cached until the key changes, on this node at once, on the
 * others within the change feed's poll interval.
 */
export class Principals {
  readonly #adminKeyHash: string;
  readonly #orgs: CachedLookup<Principal>;
  /** A node that does not see the others' changes trusts no key that it remembers for long: any may have been revoked. */
  readonly #forgetUnseen: () => void;
  readonly #lastUse: KeysRoom["lastUse"];

  constructor(storage: Storage, adminKeyHash: string, { keys, lastUse }: Pick<KeysRoom, "keys" | "lastUse">) {
    this.#lastUse = lastUse;
    this.#adminKeyHash = adminKeyHash;
    const store = new OrgStore(storage);
    this.#orgs = new CachedLookup<Principal>(async (hash) => {
      const orgId = await store.orgIdOfKey(hash);
      return orgId === undefined ? keys.principalOf(hash) : orgPrincipal(orgId);
    });
    this.#forgetUnseen = storage.changes.trusting(() => this.#orgs.clear());
    storage.changes.subscribe(KEYS_TOPIC, (hashes) => this.#orgs.forget(hashes));
  }

  find(key: string): Principal | undefined | Promise<Principal | undefined> {
    return this.findHashed(hashKey(key));
  }

  /** The same for the hash of a key that was shown before. */
  findHashed(hash: string): Principal | undefined | Promise<Principal | undefined> {
    if (hash === this.#adminKeyHash) return adminPrincipal;
    const found = this.byHash(hash);
    if (found instanceof Promise) return found.then((principal) => this.#shown(principal, hash));
    return this.#shown(found, hash);
  }

  /** Whose key has this hash, without noting that it was shown. */
  byHash(hash: string): Principal | undefined | Promise<Principal | undefined> {
    if (hash === this.#adminKeyHash) return adminPrincipal;
    this.#forgetUnseen();
    return this.#orgs.get(hash);
  }

  #shown(principal: Principal | undefined, hash: string): Principal | undefined {
    if (principal) this.#lastUse.note(limitsOf(principal) ? "api_keys" : "org_keys", hash);
    return principal;
  }

  /** Whether it is known without a look into the database whose key this is. */
  remembers(key: string): boolean {
    const hash = hashKey(key);
    return hash === this.#adminKeyHash || this.#orgs.has(hash);
  }

  /** Of the admin key of the settings. */
  get adminKeyHash(): string {
    return this.#adminKeyHash;
  }

  /** Whose key this is, as far as that is in memory; without noting that it was shown. */
  known(key: string): Principal | undefined {
    const found = this.remembers(key) ? this.byHash(hashKey(key)) : undefined;
    return found instanceof Promise ? undefined : found;
  }

  /** Whether the key is the admin's, which no organization may have. */
  isAdminKey(key: string): boolean {
    return hashKey(key) === this.#adminKeyHash;
  }
}
