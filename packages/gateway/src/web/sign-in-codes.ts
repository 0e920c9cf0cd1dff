import { type Clock, hashKey, microsNow, type Random } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { isToken, mintToken } from "./sessions.ts";

/** Codes of one key that may wait; one more takes the place of the one that runs out first. */
const CODES_PER_KEY = 5;
const EXPIRED_AT_ONCE = 100;
/** No code may be used for so long: one that could was made while a clock was ahead. */
const LONGEST_MICROS = 3_600_000_000n;

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
    const over = db
      .selectFrom("sign_in_codes")
      .select("hash")
      .where((eb) => eb.or([eb("expires_at", "<=", now), eb("expires_at", ">", now + LONGEST_MICROS)]))
      .limit(EXPIRED_AT_ONCE);
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
    const now = microsNow(clock);
    const rows = storage.db.selectFrom("sign_in_codes").select("key_hash").where("hash", "=", hashKey(code));
    const lasting = rows.where("expires_at", ">", now).where("expires_at", "<=", now + LONGEST_MICROS);
    return (await lasting.executeTakeFirst())?.key_hash;
  }

  /** The same, and it cannot be used again. */
  async redeem(code: string | undefined): Promise<string | undefined> {
    if (!isToken(code)) return undefined;
    const { storage, clock } = this.#options;
    const rows = storage.db.deleteFrom("sign_in_codes").where("hash", "=", hashKey(code));
    const now = microsNow(clock);
    const lasting = rows.where("expires_at", ">", now).where("expires_at", "<=", now + LONGEST_MICROS);
    return (await lasting.returning("key_hash").executeTakeFirst())?.key_hash;
  }
}
