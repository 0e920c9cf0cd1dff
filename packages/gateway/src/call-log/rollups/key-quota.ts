/** So many different payers and failures of an owner's agents are told apart in an hour or a day. */
const KEYS_MAX = 1_000;
/** Of all owners together, so many are remembered. */
const REMEMBERED_MAX = 100_000;

/**
 * Bounds how many rows an owner's calls can make in one span of time: what comes after is counted together. It is kept in memory by the node
 * that adds calls to the rollups; another that takes its place begins anew.
 */
export class KeyQuota {
  readonly #keys = new Map<string, Set<string>>();
  readonly #max: number;
  #remembered = 0;

  constructor(max = KEYS_MAX) {
    this.#max = max;
  }

  /** Whether this key is one of those that the owner has in this span. */
  has(owner: string, key: string): boolean {
    let keys = this.#keys.get(owner);
    if (keys?.has(key)) return true;
    if (keys && keys.size >= this.#max) return false;
    if (this.#remembered >= REMEMBERED_MAX) {
      this.#keys.clear();
      this.#remembered = 0;
      keys = undefined;
    }
    if (!keys) {
      keys = new Set();
      this.#keys.set(owner, keys);
    }
    keys.add(key);
    this.#remembered++;
    return true;
  }
}
