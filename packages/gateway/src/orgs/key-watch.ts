import { type KeyUse, limitsOf } from "../access/index.ts";
import { type Principal, Problem } from "../http/index.ts";
import { KEYS_TOPIC } from "../keys/index.ts";
import { type Clock, hashKey } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import type { Principals } from "./principals.ts";

export interface KeyWatchOptions {
  storage: Pick<Storage, "changes">;
  principals: Pick<Principals, "byHash">;
  clock: Clock;
}

/** Told why what was begun with a key may not go on, at most once and never before `watch` has returned. */
export type OnKeyEnded = (why: Problem) => void;

interface Watcher {
  demand: KeyUse["demand"];
  end: OnKeyEnded;
}

/** A key that something open was begun with. */
interface WatchedKey {
  readonly watchers: Set<Watcher>;
  /** How often it was looked at; only what was seen last tells when to look again. */
  looks: number;
  cancelLook: () => void;
}

/** No timer takes more than 24 days. */
const LOOK_MS_MAX = 86_400_000;
/** Until a look that the database did not answer is taken again. */
const RETRY_MS = 1_000;

/**
 * Ends streams and sockets whose key was revoked, changed or has run out, within a second and on every node: a watched key is looked at
 * again when the change feed names it, and when its time is over. Nothing is asked of a key that does not change. There is an entry for
 * each key of an open stream or socket, which are bounded.
 */
export class KeyWatch {
  readonly #principals: KeyWatchOptions["principals"];
  readonly #clock: Clock;
  readonly #watched = new Map<string, WatchedKey>();

  constructor({ storage, principals, clock }: KeyWatchOptions) {
    this.#principals = principals;
    this.#clock = clock;
    storage.changes.subscribe(KEYS_TOPIC, (hashes) => {
      for (const hash of hashes ?? [...this.#watched.keys()]) void this.#look(hash);
    });
  }

  /** Keys that are watched now. */
  get size(): number {
    return this.#watched.size;
  }

  /** Calls `onEnded` when one of the keys does not open this any more. Returns what ends the watch. */
  watch({ keys, demand }: KeyUse, onEnded: OnKeyEnded): () => void {
    const hashes = keys.map(hashKey);
    const stop = () => {
      for (const hash of hashes) this.#leave(hash, watcher);
    };
    const watcher: Watcher = {
      demand,
      end(why) {
        stop();
        onEnded(why);
      },
    };
    for (const hash of hashes) {
      let watched = this.#watched.get(hash);
      if (!watched) {
        watched = { watchers: new Set(), looks: 0, cancelLook: () => {} };
        this.#watched.set(hash, watched);
      }
      watched.watchers.add(watcher);
      // It may have ended since it was shown, and what is told from now on is told of changes from now on.
      void this.#look(hash, watcher);
    }
    return stop;
  }

  #leave(hash: string, watcher: Watcher): void {
    const watched = this.#watched.get(hash);
    if (!watched?.watchers.delete(watcher) || watched.watchers.size > 0) return;
    watched.cancelLook();
    this.#watched.delete(hash);
  }

  /** Looks whose key this is now, for this one who watches it, or for all. */
  async #look(hash: string, one?: Watcher): Promise<void> {
    const watched = this.#watched.get(hash);
    if (!watched) return;
    const look = ++watched.looks;
    let caller: Principal | undefined;
    try {
      caller = await this.#principals.byHash(hash);
    } catch {
      this.#lookAfter(hash, watched, RETRY_MS);
      return;
    }
    for (const watcher of one ? [one] : [...watched.watchers]) {
      if (!watched.watchers.has(watcher)) continue;
      const why = refusalOf(watcher, caller);
      if (why) watcher.end(why);
    }
    const endsAt = limitsOf(caller)?.endsAt;
    if (look === watched.looks && endsAt !== undefined) {
      this.#lookAfter(hash, watched, Math.min(LOOK_MS_MAX, Math.max(1, endsAt - this.#clock.now())));
    }
  }

  #lookAfter(hash: string, watched: WatchedKey, delayMs: number): void {
    watched.cancelLook();
    if (watched.watchers.size > 0) watched.cancelLook = this.#clock.after(delayMs, () => void this.#look(hash));
  }
}

/** Why who watches may not go on. */
function refusalOf({ demand }: Watcher, caller: Principal | undefined): Problem | undefined {
  if (!caller) return new Problem(401, "This API key was revoked", { code: "invalid_api_key" });
  try {
    demand(caller);
    return undefined;
  } catch (error) {
    return error instanceof Problem ? error : new Problem(500, "Internal server error");
  }
}
