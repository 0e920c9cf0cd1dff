import { bearerKey, Problem } from "../../http/index.ts";
import { MemoryRateLimiter } from "../../limits/index.ts";
import { type Clock, exceededBound, type NetworkOf, Shares } from "../../runtime/index.ts";
import type { PushSecrets } from "./push-secrets.ts";

/** What an agent may send, all its configs together; and what a network may try whose secrets tell no agent. */
const OF_AGENT = { rate: 200, burst: 2_000 };
const OF_STRANGER = { rate: 20, burst: 200 };
const REMEMBERED = 10_000;
/** Bytes of notifications that are being taken in at once, and what each is counted for beside its own. */
const AT_ONCE = { total: 128 * 2 ** 20, perOwner: 24 * 2 ** 20 };
const OVERHEAD_BYTES = 4_096;
/** In a notification of at most `NOTIFICATION_BYTES_MAX`. */
const SHAPE = { depth: 64, elements: 50_000 };

/** Largest notification in bytes. */
export const NOTIFICATION_BYTES_MAX = 2 ** 20;

type Headers = Record<string, string | string[] | undefined>;

/** Whom notifications are taken from, and how many: judged by the head alone, before a body is read or anything is looked up. */
export class PushIntake {
  readonly #secrets: PushSecrets;
  readonly #networkOf: NetworkOf;
  readonly #limiter: MemoryRateLimiter;
  readonly #atOnce = new Shares(AT_ONCE);

  constructor({ secrets, networkOf, clock }: { secrets: PushSecrets; networkOf: NetworkOf; clock: Clock }) {
    this.#secrets = secrets;
    this.#networkOf = networkOf;
    this.#limiter = new MemoryRateLimiter({ clock, maxKeys: REMEMBERED });
  }

  /** The agent that a request comes from, as its secret tells; undefined when that tells none. */
  notifierOf(configId: string, headers: Headers): string | undefined {
    const secret = secretIn(headers);
    const agentId = secret === undefined ? undefined : this.#secrets.agentIdIn(secret, configId);
    return agentId === undefined ? undefined : `agent:${agentId}`;
  }

  /** @throws Problem 401 without a secret, 429 */
  admit(configId: string, headers: Headers, ip: string): void {
    if (secretIn(headers) === undefined) throw noSecret();
    const { key, limit } = this.#sender(configId, headers, ip);
    const { allowed, retryAfterSeconds } = this.#limiter.take(key, limit);
    if (!allowed) throw tooMany("Too many notifications", retryAfterSeconds);
  }

  /** Does the work with the bytes counted. @throws Problem 413 for a notification of too many pieces, 429 */
  async take<T>(configId: string, headers: Headers, ip: string, text: string, work: () => Promise<T>): Promise<T> {
    if (exceededBound(text, SHAPE)) throw new Problem(413, "The notification has too many elements");
    const { key } = this.#sender(configId, headers, ip);
    const bytes = text.length + OVERHEAD_BYTES;
    if (!this.#atOnce.take(key, bytes)) throw tooMany("Too many notifications at once", 1);
    try {
      return await work();
    } finally {
      this.#atOnce.give(key, bytes);
    }
  }

  /**
   * Who shows what tells no agent may still be one: its secret is of an earlier version, or was sealed under another key. It has to be
   * looked up, as a guess has to be.
   */
  #sender(configId: string, headers: Headers, ip: string) {
    const agent = this.notifierOf(configId, headers);
    if (agent !== undefined) return { key: agent, limit: OF_AGENT };
    return { key: `from:${this.#networkOf(ip)}`, limit: OF_STRANGER };
  }
}

/** What was shown as the config's secret. */
export function secretIn(headers: Headers): string | undefined {
  const { authorization } = headers;
  const token = [headers["x-a2a-notification-token"]].flat()[0];
  return bearerKey(typeof authorization === "string" ? authorization : undefined) ?? token;
}

export const noSecret = () =>
  new Problem(401, "Show the secret that came with this address", { headers: { "www-authenticate": "Bearer" } });

const tooMany = (what: string, seconds: number) =>
  new Problem(429, `${what}; retry in ${seconds} s`, { headers: { "retry-after": `${seconds}` } });
