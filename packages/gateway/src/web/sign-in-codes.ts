import { type Clock, hashKey, microsNow, type Random } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { isToken, mintToken } from "./sessions.ts";

/** Codes of one key that may wait; one more takes the place of the one that runs out first. */
const CODES_PER_KEY = 5;
const EXPIRED_AT_ONCE = 100;

export interface SignInCodesOptions {
  storage: Storage;
  clock: Clock;
  random: Random;
}

/** Codes that begin a session in place of a key, once and for a short while: for links. */
export class SignInCodes {
  readonly #options: SignInCodesOptions;

  constructor(options: SignInCodesOptions) {
    this.#options = options;
  }

  /** A code that begins a session of the key with this hash within `seconds`. */
  async mint(keyHash: string, seconds: number): Promise<string> {
    const { storage, clock, random } = this.#options;
    const { engine, db } = storage;
    const now = microsNow(clock);
    const over = db.selectFrom("sign_in_codes").select("hash").where("expires_at", "<=", now).limit(EXPIRED_AT_ONCE);
    const free = engine === "postgres" ? over.forUpdate().skipLocked() : over;
    await db.deleteFrom("sign_in_codes").where("hash", "in", free).execute();
    const code = mintToken(random);
    await db
      .insertInto("sign_in_codes")
      .values({ hash: hashKey(code), key_hash: keyHash, expires_at: now + BigInt(seconds) * 1_000_000n })
      .execute();
    const most = db.selectFrom("sign_in_codes").select("hash").where("key_hash", "=", keyHash);
    const tooMany = await most.orderBy("expires_at", "desc").limit(CODES_PER_KEY).offset(CODES_PER_KEY).execute();
    if (tooMany.length > 0) {
      const hashes = tooMany.map(({ hash }) => hash);
      await db.deleteFrom("sign_in_codes").where("hash", "in", hashes).execute();
    }
    return code;
  }

  /** The hash of the key that the code is of, while it can be used. It stays so. */
  async peek(code: string | undefined): Promise<string | undefined> {
    if (!isToken(code)) return undefined;
    const { storage, clock } = this.#options;
    const rows = storage.db.selectFrom("sign_in_codes").select("key_hash").where("hash", "=", hashKey(code));
    return (await rows.where("expires_at", ">", microsNow(clock)).executeTakeFirst())?.key_hash;
  }

  /** The same, and it cannot be used again. */
  async redeem(code: string | undefined): Promise<string | undefined> {
    if (!isToken(code)) return undefined;
    const { storage, clock } = this.#options;
    const rows = storage.db.deleteFrom("sign_in_codes").where("hash", "=", hashKey(code));
    const used = await rows.where("expires_at", ">", microsNow(clock)).returning("key_hash").executeTakeFirst();
    return used?.key_hash;
  }
}
