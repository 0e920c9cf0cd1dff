import { type Clock, createLruCache, type LRUCache } from "../runtime/index.ts";
import type { ServerPlace } from "./request.ts";
import { ServerFlood } from "./server-error.ts";

/** Messages over streams that no call waits for: so many a second, and so many at once, of one server and of all servers of one owner. */
const OF_SERVER: Pace = { rate: 200, burst: 4_000 };
const OF_OWNER: Pace = { rate: 1_000, burst: 16_000 };
/** A message counts once for each piece of so many characters that it begins. */
const PIECE_LENGTH = 4_096;
/** Servers and owners of which something is remembered: those that spoke last. */
const KEPT_MAX = 4_096;
/** After a flood its server is not listened to for so long, and twice as long after each further one. */
const DEAF_MS = 1_000;
const DEAF_MAX_MS = 300_000;
/** Who has not flooded for so long begins anew. */
const FORGIVEN_MS = 2 * DEAF_MAX_MS;

interface Pace {
  rate: number;
  burst: number;
}

/** What has been said and is not worn off yet. Times are by the monotonic clock, in milliseconds. */
interface Said {
  count: number;
  at: number;
}

interface Flooded {
  times: number;
  at: number;
  deafUntil: number;
}

/** Keeps servers from taking a node's time by what they say unasked: who says too much is not listened to for a while. */
export class NoticePace {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #said: LRUCache<string, Said> = createLruCache(KEPT_MAX);
  readonly #floods: LRUCache<string, Flooded> = createLruCache(KEPT_MAX);

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** Whether the server is not listened to at the moment. */
  isDeafTo(place: ServerPlace): boolean {
    const flooded = this.#floods.get(serverOf(place));
    return flooded !== undefined && this.#clock.monotonic() < flooded.deafUntil;
  }

  /**
   * Counts a message.
   * @param length of the message, in characters
   * @throws ServerFlood where it is one too many
   */
  count(place: ServerPlace, length: number): void {
    const pieces = 1 + Math.floor(length / PIECE_LENGTH);
    const isWithin =
      this.#has(serverOf(place), pieces, OF_SERVER) && this.#has(`owner ${place.owner}`, pieces, OF_OWNER);
    if (!isWithin) throw this.flooded(place);
  }

  /** The server has said too much, by whatever measure. Returns the error for that. */
  flooded(place: ServerPlace): ServerFlood {
    // Of one flood several streams may tell.
    if (!this.isDeafTo(place)) {
      const server = serverOf(place);
      const now = this.#clock.monotonic();
      const before = this.#floods.get(server);
      const times = before && now - before.at < FORGIVEN_MS ? before.times + 1 : 1;
      const deafMs = Math.min(DEAF_MAX_MS, DEAF_MS * 2 ** Math.min(times - 1, 20));
      this.#floods.set(server, { times, at: now, deafUntil: now + deafMs });
    }
    return new ServerFlood();
  }

  #has(key: string, pieces: number, { rate, burst }: Pace): boolean {
    const now = this.#clock.monotonic();
    let said = this.#said.get(key);
    if (!said) {
      said = { count: 0, at: now };
      this.#said.set(key, said);
    }
    const left = Math.max(0, said.count - ((now - said.at) * rate) / 1000);
    const isWithin = left + pieces <= burst;
    said.count = isWithin ? left + pieces : left;
    said.at = now;
    return isWithin;
  }
}

const serverOf = ({ agentId, url }: ServerPlace): string => `server ${agentId ?? url}`;
