import { type KeyUse, limitsOf } from "../access/index.ts";
import { AGENTS_TOPIC, type AgentRegistry } from "../agents/index.ts";
import { type Principal, Problem } from "../http/index.ts";
import { KEYS_TOPIC } from "../keys/index.ts";
import { type Clock, hashKey } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import type { Principals } from "./principals.ts";

export interface KeyWatchOptions {
  storage: Pick<Storage, "changes">;
  principals: Pick<Principals, "byHash">;
  agents: Pick<AgentRegistry, "find">;
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
 * Ends streams and sockets whose key was revoked, changed or has run out, or whose agent was suspended, within a second and on every
 * node: a watched key or agent is looked at again when the change feed names it, and a key when its time is over. Nothing is asked of one
 * that does not change. There is an entry for each key and agent of an open stream or socket, which are bounded.
 */
export class KeyWatch {
  readonly #principals: KeyWatchOptions["principals"];
  readonly #clock: Clock;
  readonly #agents: KeyWatchOptions["agents"];
  readonly #watched = new Map<string, WatchedKey>();
  readonly #ofAgents = new Map<string, Set<Watcher>>();

  constructor({ storage, principals, agents, clock }: KeyWatchOptions) {
    this.#principals = principals;
    this.#agents = agents;
    this.#clock = clock;
    storage.changes.subscribe(AGENTS_TOPIC, (ids) => {
      for (const id of ids ?? [...this.#ofAgents.keys()]) if (this.#ofAgents.has(id)) void this.#lookAtAgent(id);
    });
    storage.changes.subscribe(KEYS_TOPIC, (hashes) => {
      for (const hash of hashes ?? [...this.#watched.keys()]) void this.#look(hash);
    });
  }

  /** Keys that are watched now. */
  get size(): number {
    return this.#watched.size;
  }

  /** Calls `onEnded` when one of the keys, or the session, does not open this any more. Returns what ends the watch. */
  watch({ keys, session, agentId, demand }: KeyUse, onEnded: OnKeyEnded): () => void {
    const hashes = keys.map(hashKey);
    if (session) hashes.push(session.keyHash);
    const leaveSession = session?.onEnded(() => watcher.end(sessionEnded()));
    const stop = () => {
      leaveSession?.();
      for (const hash of hashes) this.#leave(hash, watcher);
      if (agentId !== undefined) this.#leaveAgent(agentId, watcher);
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
    if (agentId !== undefined) {
      const watchers = this.#ofAgents.get(agentId) ?? new Set();
      this.#ofAgents.set(agentId, watchers.add(watcher));
      void this.#lookAtAgent(agentId, watcher);
    }
    return stop;
  }

  #leaveAgent(agentId: string, watcher: Watcher): void {
    const watchers = this.#ofAgents.get(agentId);
    if (watchers?.delete(watcher) && watchers.size === 0) this.#ofAgents.delete(agentId);
  }

  /** What an agent that was suspended still says, nobody hears. One that was deleted may finish. */
  async #lookAtAgent(agentId: string, one?: Watcher): Promise<void> {
    try {
      const agent = await this.#agents.find(agentId);
      if (agent?.approval.state !== "suspended") return;
    } catch {
      this.#clock.after(RETRY_MS, () => {
        if (this.#ofAgents.has(agentId)) void this.#lookAtAgent(agentId);
      });
      return;
    }
    const watchers = this.#ofAgents.get(agentId);
    for (const watcher of one ? [one] : [...(watchers ?? [])]) if (watchers?.has(watcher)) watcher.end(suspended());
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

const suspended = () =>
  new Problem(403, "This agent was suspended by the gateway's operator", { code: "agent_suspended" });
const sessionEnded = () => new Problem(401, "This session has ended: sign in again", { code: "session_ended" });

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
