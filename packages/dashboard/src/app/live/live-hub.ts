import { gatewayNow } from "../gateway-clock.ts";
import { follow, type LiveEvent, type LiveState } from "./event-stream.ts";
import { isSameFilter, queryOf, unionOf, type Wish } from "./wish.ts";

const NAME = "agentgate-live";
/** Tabs say so often that they still want something; timers of hidden tabs run once a minute. */
const SAY_EVERY_MS = 20_000;
const FORGET_AFTER_MS = 150_000;

/** What tabs tell each other. Whoever holds the lock is connected, and tells the others. */
type Message =
  | { kind: "wish"; tab: string; wish: Wish | null }
  | { kind: "who" }
  | { kind: "event"; filter: Wish["filter"]; event: LiveEvent }
  | { kind: "id"; id: string }
  | { kind: "state"; state: LiveState; atMs: number };

export interface LiveListener {
  /** @param isMine whether the gateway was asked for just what this tab wants; else it has to be looked at */
  event(event: LiveEvent, isMine: boolean): void;
  /** @param atMs until when everything was told */
  state(state: LiveState, atMs: number): void;
}

/**
 * What happens, for this tab, by one connection for all tabs of the browser: HTTP/1.1 allows six, and each tab would hold one. The tab that
 * holds a lock listens for all; when it is closed another one goes on where it was.
 */
export class LiveHub {
  readonly #tab = crypto.randomUUID();
  /** None where tabs cannot agree on one that listens: then each does. */
  readonly #channel = navigator.locks ? new BroadcastChannel(NAME) : undefined;
  readonly #wishes = new Map<string, { wish: Wish; atMs: number }>();
  #own: { wish: Wish; listener: LiveListener } | undefined;
  #leads = false;
  /** For the lock. */
  #waits = false;
  /** Gives the lock back. */
  #stop: (() => void) | undefined;
  #lastId: string | undefined;
  #state: { state: LiveState; atMs: number } = { state: "connecting", atMs: gatewayNow() };
  #connection: { query: string; filter: Wish["filter"]; abort: AbortController } | undefined;

  constructor() {
    this.#channel?.addEventListener("message", ({ data }: MessageEvent<Message>) => this.#hear(data));
    setInterval(() => this.#say(), SAY_EVERY_MS);
    addEventListener("pagehide", () => this.#tell({ kind: "wish", tab: this.#tab, wish: null }));
  }

  /** Tells this tab what it wants, and nothing else any more. Returns what ends that. */
  want(wish: Wish, listener: LiveListener): () => void {
    const own = { wish, listener };
    // Where it was when it last wanted something is long ago.
    if (!this.#own && !this.#leads) this.#lastId = undefined;
    this.#own = own;
    listener.state(this.#state.state, this.#state.atMs);
    void this.#lead();
    this.#say();
    return () => {
      if (this.#own !== own) return;
      this.#own = undefined;
      this.#say();
    };
  }

  /** Waits until no other tab listens, then does so for as long as somebody wants something. */
  async #lead(): Promise<void> {
    if (this.#leads || this.#waits) return;
    if (!navigator.locks) return this.#begin();
    this.#waits = true;
    await navigator.locks.request(NAME, () => {
      this.#waits = false;
      if (!this.#own) return undefined;
      this.#begin();
      return new Promise<void>((resolve) => {
        this.#stop = resolve;
      });
    });
  }

  #begin(): void {
    this.#leads = true;
    this.#say();
    this.#tell({ kind: "who" });
  }

  #say(): void {
    const wish = this.#own?.wish ?? null;
    if (this.#leads) this.#note(this.#tab, wish);
    else this.#tell({ kind: "wish", tab: this.#tab, wish });
  }

  #hear(message: Message): void {
    if (message.kind === "wish") {
      if (this.#leads) this.#note(message.tab, message.wish);
    } else if (message.kind === "who") this.#say();
    else if (message.kind === "event") this.#event(message.event, message.filter);
    else if (message.kind === "id") this.#lastId = this.#own && message.id;
    else this.#set(message.state, message.atMs);
  }

  /** What a tab wants now; the connection follows what all of them do. */
  #note(tab: string, wish: Wish | null): void {
    const nowMs = Date.now();
    const isNew = wish !== null && !this.#wishes.has(tab);
    if (wish === null) this.#wishes.delete(tab);
    else this.#wishes.set(tab, { wish, atMs: nowMs });
    for (const [other, { atMs }] of this.#wishes) if (nowMs - atMs > FORGET_AFTER_MS) this.#wishes.delete(other);
    const union = unionOf([...this.#wishes.values()].map((one) => one.wish));
    if (!union) {
      this.#connection?.abort.abort();
      this.#connection = undefined;
      // Another tab that comes may lead; what it wants is new, and begins then.
      this.#lastId = undefined;
      this.#leads = false;
      this.#stop?.();
      this.#stop = undefined;
      return;
    }
    const query = queryOf(union);
    if (this.#connection?.query === query) {
      if (isNew) this.#tell({ kind: "state", ...this.#state });
      return;
    }
    this.#connection?.abort.abort();
    const abort = new AbortController();
    this.#connection = { query, filter: union.filter, abort };
    void follow({
      query,
      signal: abort.signal,
      lastId: () => this.#lastId,
      onId: (id) => {
        this.#lastId = id;
        this.#tell({ kind: "id", id });
      },
      onEvent: (event) => {
        this.#tell({ kind: "event", filter: union.filter, event });
        this.#event(event, union.filter);
      },
      onState: (state) => {
        if (abort.signal.aborted) return;
        const told = { state, atMs: gatewayNow() };
        this.#tell({ kind: "state", ...told });
        this.#set(state, told.atMs);
      },
    });
  }

  #event(event: LiveEvent, filter: Wish["filter"]): void {
    if (this.#own) this.#own.listener.event(event, isSameFilter(filter, this.#own.wish.filter));
  }

  #set(state: LiveState, atMs: number): void {
    // What was told last counts until something is told again.
    if (state === "cut" && this.#state.state === "cut") return;
    this.#state = { state, atMs };
    this.#own?.listener.state(state, atMs);
  }

  #tell(message: Message): void {
    this.#channel?.postMessage(message);
  }
}
