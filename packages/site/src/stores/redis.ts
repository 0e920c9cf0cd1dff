import { RecordSessionStore } from "../sessions/record-session-store.ts";
import type { RecordStore, StoredRecord } from "../sessions/record-store.ts";

/** A connected client of ioredis (`call`) or node-redis (`sendCommand`). */
export type RedisClient =
  | { call(command: string, ...args: string[]): Promise<unknown> }
  | { sendCommand(args: string[]): Promise<unknown> };

export interface RedisStoreOptions {
  /** Before every key. Default `agentgate:`. */
  readonly keyPrefix?: string | undefined;
  /** Milliseconds since the epoch; for tests. */
  readonly now?: (() => number) | undefined;
}

/** Sessions and idempotent replies in Redis 6 or later, one hash each, forgotten by Redis itself. */
export const redisSessionStore = (client: RedisClient, options?: RedisStoreOptions): RecordSessionStore =>
  new RecordSessionStore(new RedisRecordStore(client, options));

/** KEYS: record. ARGV: version, text, milliseconds to live. */
const insertScript = `if redis.call("EXISTS", KEYS[1]) == 1 then return 0 end
redis.call("HSET", KEYS[1], "v", ARGV[1], "t", ARGV[2])
redis.call("PEXPIRE", KEYS[1], ARGV[3])
return 1`;

/** KEYS: record. ARGV: version, text, milliseconds to live, expected version. */
const replaceScript = `if redis.call("HGET", KEYS[1], "v") ~= ARGV[4] then return 0 end
redis.call("HSET", KEYS[1], "v", ARGV[1], "t", ARGV[2])
redis.call("PEXPIRE", KEYS[1], ARGV[3])
return 1`;

export class RedisRecordStore implements RecordStore {
  readonly #client: RedisClient;
  readonly #keyPrefix: string;
  readonly #now: () => number;

  constructor(client: RedisClient, { keyPrefix = "agentgate:", now = Date.now }: RedisStoreOptions = {}) {
    this.#client = client;
    this.#keyPrefix = keyPrefix;
    this.#now = now;
  }

  insert(id: string, record: StoredRecord, expiresAt: number): Promise<boolean> {
    return this.#change(insertScript, id, record, expiresAt);
  }

  async read(id: string): Promise<StoredRecord | undefined> {
    const [version, text] = (await this.#send("HMGET", this.#keyPrefix + id, "v", "t")) as (string | null)[];
    return version == null || text == null ? undefined : { version: Number(version), text: String(text) };
  }

  replace(id: string, record: StoredRecord, expectedVersion: number, expiresAt: number): Promise<boolean> {
    return this.#change(replaceScript, id, record, expiresAt, `${expectedVersion}`);
  }

  async remove(id: string): Promise<void> {
    await this.#send("DEL", this.#keyPrefix + id);
  }

  async #change(
    script: string,
    id: string,
    { version, text }: StoredRecord,
    expiresAt: number,
    ...more: string[]
  ): Promise<boolean> {
    const aliveMs = Math.ceil(expiresAt - this.#now());
    if (aliveMs <= 0) {
      await this.remove(id);
      return false;
    }
    const args = [`${version}`, text, `${aliveMs}`, ...more];
    return Number(await this.#send("EVAL", script, "1", this.#keyPrefix + id, ...args)) === 1;
  }

  #send(command: string, ...args: string[]): Promise<unknown> {
    const client = this.#client;
    return "call" in client ? client.call(command, ...args) : client.sendCommand([command, ...args]);
  }
}
