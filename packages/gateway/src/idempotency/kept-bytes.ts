/** What kept answers may take, in bytes. Each is counted with what its row takes besides. */
export interface KeptLimits {
  /** Of answers that nobody paid for, to callers without a key: each address, and all of them. */
  anonymous: Share;
  /** The same, to callers with an agent's key: its owner may make as many of these as it likes. */
  agentKeys: Share;
  /** Of answers that nobody paid for, to each other caller, and of all answers before none of these is kept any more. */
  unpaid: Share;
  /** Of each caller's answers, paid ones too, and of all: beyond it a new key is refused before anything is done or paid. */
  all: Share;
}

export interface Share {
  each: number;
  total: number;
}

/** Those of whom anybody may have any number, and who share a part of all. */
type Pool = "anonymous" | "agentKeys";

type Kept = [scope: string, bytes: number, isAnonymous: boolean];

const MiB = 1_048_576;

export const keptLimits: KeptLimits = {
  anonymous: { each: MiB, total: 128 * MiB },
  agentKeys: { each: 16 * MiB, total: 256 * MiB },
  unpaid: { each: 64 * MiB, total: 1024 * MiB },
  all: { each: 1024 * MiB, total: 8 * 1024 * MiB },
};

const ROW_BYTES = 512;
const SCOPES_MAX = 10_000;
/** A caller who has less needs no entry of its own after a survey. */
const NOTED_BYTES = 65_536;

/**
 * How much room kept answers take, by caller and in all, as far as this node knows: what it kept itself since the last survey, and what the
 * survey, a walk over all rows, found of every node's. Between surveys the bounds hold for each node.
 */
export class KeptBytes {
  readonly #limits: KeptLimits;
  #byScope = new Map<string, number>();
  #total = 0;
  #pools: Record<Pool, number> = { anonymous: 0, agentKeys: 0 };
  /** What was kept since the survey under way began. */
  #since: Kept[] | undefined;

  constructor(limits: KeptLimits) {
    this.#limits = limits;
  }

  get total(): number {
    return this.#total;
  }

  /** Whether the caller may begin one more key's work. */
  mayBegin(scope: string): boolean {
    const { each, total } = this.#limits.all;
    return (this.#byScope.get(scope) ?? 0) < each && this.#total < total;
  }

  /** Whether an answer that nobody paid for can be kept. */
  hasRoom(scope: string, bytes: number, isAnonymous: boolean): boolean {
    const { unpaid } = this.#limits;
    const size = bytes + ROW_BYTES;
    const own = (this.#byScope.get(scope) ?? 0) + size;
    if (this.#total + size > unpaid.total) return false;
    const pool = poolOf(scope, isAnonymous);
    if (!pool) return own <= unpaid.each;
    const { each, total } = this.#limits[pool];
    return own <= each && this.#pools[pool] + size <= total;
  }

  add(scope: string, bytes: number, isAnonymous = false): void {
    const size = bytes + ROW_BYTES;
    if (this.#since && this.#since.length < SCOPES_MAX) this.#since.push([scope, bytes, isAnonymous]);
    this.#total += size;
    this.#count(scope, size, isAnonymous);
    const own = (this.#byScope.get(scope) ?? 0) + size;
    this.#byScope.delete(scope);
    this.#byScope.set(scope, own);
    if (this.#byScope.size > SCOPES_MAX) this.#byScope.delete(this.#byScope.keys().next().value!);
  }

  /** Counts anew by a walk over the rows, which come in the order of their scopes. */
  async survey(rows: AsyncIterable<{ scope: string; bytes: number; isAnonymous: boolean }>): Promise<void> {
    const since: Kept[] = [];
    this.#since = since;
    const found = new KeptBytes(this.#limits);
    let current: { scope: string; bytes: number } | undefined;
    const note = () => {
      if (current && current.bytes >= NOTED_BYTES && found.#byScope.size < SCOPES_MAX) {
        found.#byScope.set(current.scope, current.bytes);
      }
    };
    for await (const { scope, bytes, isAnonymous } of rows) {
      const size = bytes + ROW_BYTES;
      found.#total += size;
      found.#count(scope, size, isAnonymous);
      if (current?.scope !== scope) {
        note();
        current = { scope, bytes: 0 };
      }
      current.bytes += size;
    }
    note();
    if (this.#since === since) this.#since = undefined;
    this.#byScope = found.#byScope;
    this.#total = found.#total;
    this.#pools = found.#pools;
    // What the walk has seen of these counts twice until the next survey.
    for (const entry of since) this.add(...entry);
  }

  #count(scope: string, size: number, isAnonymous: boolean): void {
    const pool = poolOf(scope, isAnonymous);
    if (pool) this.#pools[pool] += size;
  }
}

const poolOf = (scope: string, isAnonymous: boolean): Pool | undefined =>
  isAnonymous ? "anonymous" : scope.startsWith("key:") ? "agentKeys" : undefined;
