import type { Principals } from "../orgs/index.ts";
import { CachedLookup, type Clock, hashKey, type Log, microsNow, type Random } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { endOf, isBegunAhead, SESSION_TIMES, type Session, USER_AGENT_MAX } from "./session.ts";
import { SESSIONS_TOPIC, type SessionAfter, SessionStore, type SessionsOf } from "./session-store.ts";

export interface SessionsOptions {
  storage: Storage;
  principals: Pick<Principals, "findHashed">;
  clock: Clock;
  random: Random;
  log: Log;
}

/** What a cookie or a link holds: 32 random bytes. */
const TOKEN = /^[\w-]{43}$/;
export const mintToken = (random: Random): string => random.bytes(32).toString("base64url");
export const isToken = (text: string | undefined): text is string => text !== undefined && TOKEN.test(text);

/** No timer takes more than 24 days; a session is looked at again by then. */
const LOOK_MS_MAX = 86_400_000;
/** Until a look that the database did not answer is taken again. */
const RETRY_MS = 1_000;

/** From where a session is begun, and what the browser calls itself. */
export interface BegunFrom {
  clientIp: string;
  userAgent: string | undefined;
}

interface WatchedSession {
  readonly listeners: Set<() => void>;
  cancelLook: () => void;
}

/**
 * Sessions of browsers. What is remembered of one is forgotten on every node within a second of its end; whose key it was begun with is asked
 * each time, so that it ends with the key.
 */
export class Sessions {
  readonly #store: SessionStore;
  readonly #options: SessionsOptions;
  readonly #cached: CachedLookup<{ session: Session }>;
  /** A node that does not see the others' changes trusts no session that it remembers for long. */
  readonly #forgetUnseen: () => void;
  readonly #watched = new Map<string, WatchedSession>();

  constructor(options: SessionsOptions) {
    this.#options = options;
    const { storage } = options;
    this.#store = new SessionStore(storage);
    this.#cached = new CachedLookup(async (hash) => {
      const session = await this.#store.find(hash, microsNow(options.clock));
      return session && { session };
    });
    this.#forgetUnseen = storage.changes.trusting(() => this.#cached.clear());
    storage.changes.subscribe(SESSIONS_TOPIC, (hashes) => {
      this.#cached.forget(hashes);
      for (const hash of hashes ?? [...this.#watched.keys()]) void this.#look(hash);
    });
  }

  /** Sessions that something open waits for the end of. */
  get watched(): number {
    return this.#watched.size;
  }

  /** A new session, and what the browser is to show for it: told this once. */
  async begin(keyHash: string, scope: string, from: BegunFrom): Promise<{ session: Session; token: string }> {
    const { clock, random } = this.#options;
    const token = mintToken(random);
    const createdAt = microsNow(clock);
    const session: Session = {
      ...{ hash: hashKey(token), keyHash, scope, createdAt, endsAt: endOf({ createdAt }, createdAt) },
      clientIp: from.clientIp,
      userAgent: from.userAgent?.slice(0, USER_AGENT_MAX) ?? null,
    };
    await this.#store.sweep(createdAt);
    await this.#store.insert(session);
    return { session, token };
  }

  /** The session that this is shown for, unless it has ended. Synchronous when it is remembered. */
  find(token: string): Session | undefined | Promise<Session | undefined> {
    if (!isToken(token)) return undefined;
    const hash = hashKey(token);
    this.#forgetUnseen();
    const found = this.#cached.get(hash);
    if (found instanceof Promise) return found.then((entry) => entry && this.#use(entry));
    const now = microsNow(this.#options.clock);
    if (found && (found.session.endsAt <= now || isBegunAhead(found.session, now))) {
      // It may have been used on another node.
      this.#cached.delete(hash);
      return Promise.resolve(this.#cached.get(hash)).then((entry) => entry && this.#use(entry));
    }
    return found && this.#use(found);
  }

  /** Those that go on, the newest first. */
  list(which: SessionsOf, page: { after: SessionAfter | undefined; limit: number }): Promise<Session[]> {
    return this.#store.list(which, { ...page, now: microsNow(this.#options.clock) });
  }

  /** Ends one session, all of a key, or all of an organization or the admin. @returns how many */
  end(which: Parameters<SessionStore["end"]>[0]): Promise<number> {
    return this.#store.end(which);
  }

  /** Calls `listener` once, when the session ends by itself or is ended. Returns the end of that. */
  onEnded({ hash }: Session, listener: () => void): () => void {
    let watched = this.#watched.get(hash);
    if (!watched) {
      watched = { listeners: new Set(), cancelLook: () => {} };
      this.#watched.set(hash, watched);
    }
    const { listeners } = watched;
    listeners.add(listener);
    void this.#look(hash);
    return () => {
      if (listeners.delete(listener) && listeners.size === 0 && this.#watched.get(hash) === watched) {
        watched.cancelLook();
        this.#watched.delete(hash);
      }
    };
  }

  /** Its end moves on, which is written down now and then. */
  #use(entry: { session: Session }): Session {
    const endsAt = endOf(entry.session, microsNow(this.#options.clock));
    if (endsAt - entry.session.endsAt >= SESSION_TIMES.noted) {
      const { log } = this.#options;
      entry.session = { ...entry.session, endsAt };
      this.#store
        .prolong(entry.session, endsAt)
        .catch((error) => log.warn({ err: error }, "the use of a session is not written"));
    }
    return entry.session;
  }

  /** Whether a session that is watched goes on, and when to look again. */
  async #look(hash: string): Promise<void> {
    const watched = this.#watched.get(hash);
    if (!watched) return;
    const { clock } = this.#options;
    watched.cancelLook();
    let session: Session | undefined;
    try {
      session = await this.#store.find(hash, microsNow(clock));
    } catch {
      this.#lookAfter(hash, watched, RETRY_MS);
      return;
    }
    if (this.#watched.get(hash) !== watched) return;
    if (session) {
      const leftMs = Number((session.endsAt - microsNow(clock)) / 1000n) + 1;
      this.#lookAfter(hash, watched, Math.min(LOOK_MS_MAX, Math.max(1, leftMs)));
      return;
    }
    this.#watched.delete(hash);
    for (const end of watched.listeners) end();
  }

  #lookAfter(hash: string, watched: WatchedSession, delayMs: number): void {
    watched.cancelLook();
    if (watched.listeners.size > 0)
      watched.cancelLook = this.#options.clock.after(delayMs, () => void this.#look(hash));
  }
}
