import { hash } from "node:crypto";
import { z } from "zod";
import { Problem } from "../http/index.ts";
import type { Clock, Random } from "../runtime/index.ts";
import { isUniqueViolation, type Statement, type Storage } from "../storage/index.ts";
import { KeptBytes, type KeptLimits, keptLimits } from "./kept-bytes.ts";
import { expiredRows, keptRows } from "./rows.ts";

/** An answer that can be given again. */
export interface StoredAnswer {
  status: number;
  /** JSON, byte for byte. */
  body: string;
}

/** One logical request: who asks, under which key, for what. */
export interface IdempotentRequest {
  /** The caller: a key is the caller's own, nobody else's request can be replayed with it. */
  scope: string;
  key: string;
  /** What must be the same for the same key: operation and body. */
  payload: readonly string[];
  /** How long the work may take at most, in milliseconds; after that another attempt may take over. */
  leaseMs: number;
}

/** The right to do the work of a key, once. Ends in `complete` or `abandon`. */
export interface Ticket {
  /** The same for every attempt at this key's work: what an attempt may have done is found again by it. */
  readonly operationId: string;
  /**
   * Keeps an answer that nobody paid for if there is room for it among the caller's and all others; else gives the key back, and
   * a repetition does the work anew.
   */
  keepUnpaid(answer: StoredAnswer, caller: { isAnonymous: boolean }): Promise<void>;
  /** Keeps the answer. */
  complete(answer: StoredAnswer): Promise<void>;
  /** The same as a statement, to be committed with the work's own effect. */
  completion(answer: StoredAnswer): Statement;
  /**
   * A statement that fails, and so undoes what it is committed with, when another attempt has taken the key over meanwhile: `wasTakenOver`
   * knows the error. To be run after `completion`. With it a key's work has one effect, whatever any clock made of its lease.
   */
  fence(): Statement;
  /**
   * The work goes on, for so many milliseconds at most from now; 0 leaves it, as far as it is, to whoever asks next. False when another attempt
   * has taken the key over.
   */
  extend(leaseMs: number): Promise<boolean>;
  /** Nothing happened: the key may be used again. Never rejects: what cannot be given back now is free after the lease. */
  abandon(): Promise<void>;
}

/** The header, for the documentation of routes that heed it. */
export const idempotencyHeader = {
  "Idempotency-Key": z
    .string()
    .optional()
    .describe("A repetition with the same key and body within 24 hours gets the first answer again"),
};

/** Whether a fence failed: the key is another attempt's now. */
export const wasTakenOver = (error: unknown): boolean => isUniqueViolation(error, "idempotency.key");

const KEPT_MICROS = 24n * 3_600_000_000n;
const SWEEP_INTERVAL_MS = 600_000;
/** Between two steps of a walk over the rows, so that it never takes more than a part of what the database can do. */
const STEP_PAUSE_MS = 50;
/** After the start: what earlier lives have kept counts as well. */
const FIRST_SURVEY_MS = 2_000;
const KEY = /^[\x21-\x7e]{1,255}$/;

/**
 * The key of an Idempotency-Key header. @throws Problem 422 when it is not 1 to 255 visible ASCII characters.
 */
export function idempotencyKeyOf(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === "string" && KEY.test(header)) return header;
  const finding = {
    type: "invalid_header",
    loc: ["header", "Idempotency-Key"],
    msg: "Must be 1 to 255 visible ASCII characters",
  };
  throw new Problem(422, [finding], { code: "validation_failed" });
}

const columns = [
  ...(["scope", "key", "fingerprint", "token", "operation"] as const),
  ...(["status", "body", "lease_until", "expires_at"] as const),
];

/** Does the work of a key at most once and repeats its answer for 24 hours (contract section 4), across restarts and nodes. */
export class Idempotency {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #kept: KeptBytes;
  #cancelTimer: (() => void) | undefined;
  #closed = false;

  constructor(storage: Storage, clock: Clock, random: Random, limits: KeptLimits = keptLimits) {
    this.#storage = storage;
    this.#clock = clock;
    this.#random = random;
    this.#kept = new KeptBytes(limits);
    this.#after(FIRST_SURVEY_MS, () => this.#tidy());
  }

  /** What is kept, in bytes, as far as this node knows. */
  get keptBytes(): number {
    return this.#kept.total;
  }

  /**
   * Takes the key, or finds its answer.
   * @throws Problem 422 when the key was used for something else, 409 while its first use is still under way, 429 when all the room that
   * the caller, or all callers, may have is taken: before anything is done, for what was done for money is never forgotten early.
   */
  async begin(request: IdempotentRequest): Promise<Ticket | { replay: StoredAnswer }> {
    const { scope, key } = request;
    const fingerprint = hash("sha256", JSON.stringify(request.payload), "hex");
    const token = this.#random.uuid();
    const now = this.#now();
    const fresh = {
      fingerprint,
      token,
      status: null,
      body: null,
      lease_until: now + BigInt(request.leaseMs) * 1000n,
      expires_at: now + KEPT_MICROS,
    };
    const { db } = this.#storage;
    if (!this.#kept.mayBegin(scope)) await this.#demandKnown(scope, key);
    const taken = await db
      .insertInto("idempotency")
      .values({ scope, key, operation: token, ...fresh })
      // A key that has expired, or whose work was never finished within its lease, starts anew.
      .onConflict((conflict) =>
        conflict
          .columns(["scope", "key"])
          .doUpdateSet((eb) => ({
            ...fresh,
            operation: eb
              .case()
              .when("idempotency.expires_at", "<", now)
              .then(eb.ref("excluded.operation"))
              .else(eb.ref("idempotency.operation"))
              .end(),
          }))
          .where((eb) =>
            eb.or([
              eb("idempotency.expires_at", "<", now),
              eb.and([
                eb("idempotency.status", "is", null),
                eb("idempotency.lease_until", "<", now),
                eb("idempotency.fingerprint", "=", fingerprint),
              ]),
            ]),
          ),
      )
      .returning("operation")
      .executeTakeFirst();
    if (taken) return this.#ticket(scope, key, token, taken.operation);

    const found = await db
      .selectFrom("idempotency")
      .select(["fingerprint", "status", "body"])
      .where("scope", "=", scope)
      .where("key", "=", key)
      .executeTakeFirst();
    if (!found) return this.begin(request);
    if (found.fingerprint !== fingerprint) {
      throw new Problem(422, "This Idempotency-Key was used for a different request", { code: "idempotency_mismatch" });
    }
    if (found.status === null || found.body === null) {
      throw new Problem(409, "A request with this Idempotency-Key is still under way", {
        code: "idempotency_in_progress",
        headers: { "retry-after": "1" },
      });
    }
    return { replay: { status: Number(found.status), body: found.body } };
  }

  /** Deletes what is no longer kept, a few rows at a time. */
  async sweep(): Promise<void> {
    while (await this.#forgetSome());
  }

  /** Counts what all nodes keep. */
  async survey(): Promise<void> {
    await this.#kept.survey(keptRows(this.#storage, async () => {}));
  }

  close(): void {
    this.#closed = true;
    this.#cancelTimer?.();
  }

  /** @returns whether there may be more */
  #forgetSome(): Promise<boolean> {
    return expiredRows(this.#storage, this.#now());
  }

  async #demandKnown(scope: string, key: string): Promise<void> {
    const query = this.#storage.db.selectFrom("idempotency").select("key").where("scope", "=", scope);
    if (await query.where("key", "=", key).executeTakeFirst()) return;
    throw new Problem(
      429,
      "Too many answers are kept for Idempotency-Keys; each is forgotten after 24 hours. Send the request without a key, or later",
      { code: "idempotency_full", headers: { "retry-after": "600" } },
    );
  }

  /** Forgets, then counts. What fails now is done the next time. */
  async #tidy(): Promise<void> {
    const pause = () => new Promise<void>((resolve) => this.#after(STEP_PAUSE_MS, resolve));
    try {
      while (await this.#forgetSome()) await pause();
      await this.#kept.survey(keptRows(this.#storage, pause));
    } catch {
    } finally {
      this.#after(SWEEP_INTERVAL_MS, () => this.#tidy());
    }
  }

  #after(delayMs: number, work: () => void): void {
    if (!this.#closed) this.#cancelTimer = this.#clock.after(delayMs, work);
  }

  #ticket(scope: string, key: string, token: string, operationId: string): Ticket {
    const { db } = this.#storage;
    const own = { scope, key, token };
    const completing = ({ status, body }: StoredAnswer) =>
      db
        .updateTable("idempotency")
        .set({ status: BigInt(status), body })
        .where("scope", "=", own.scope)
        .where("key", "=", own.key)
        .where("token", "=", own.token);
    const kept = this.#kept;
    const bytesOf = ({ body }: StoredAnswer) => Buffer.byteLength(body);
    const ticket: Ticket = {
      operationId,
      async keepUnpaid(answer, { isAnonymous }) {
        const bytes = bytesOf(answer);
        if (!kept.hasRoom(scope, bytes, isAnonymous)) return ticket.abandon();
        kept.add(scope, bytes, isAnonymous);
        await completing(answer).execute();
      },
      async complete(answer) {
        await completing(answer).execute();
      },
      completion(answer) {
        kept.add(scope, bytesOf(answer));
        return completing(answer).compile();
      },
      // The other attempt's row, once more: a row that is there cannot be inserted.
      fence: () =>
        db
          .insertInto("idempotency")
          .columns(columns)
          .expression((eb) =>
            eb
              .selectFrom("idempotency")
              .select(columns)
              .where("scope", "=", own.scope)
              .where("key", "=", own.key)
              .where("token", "!=", own.token),
          )
          .compile(),
      extend: async (leaseMs) => {
        const { numUpdatedRows } = await db
          .updateTable("idempotency")
          // A lease is over when its time is past: that of none is at once.
          .set({ lease_until: leaseMs === 0 ? 0n : this.#now() + BigInt(leaseMs) * 1000n })
          .where("scope", "=", own.scope)
          .where("key", "=", own.key)
          .where("token", "=", own.token)
          .executeTakeFirstOrThrow();
        return numUpdatedRows > 0n;
      },
      async abandon() {
        await db
          .deleteFrom("idempotency")
          .where("scope", "=", own.scope)
          .where("key", "=", own.key)
          .where("token", "=", own.token)
          .where("status", "is", null)
          .execute()
          .catch(() => {});
      },
    };
    return ticket;
  }

  #now(): bigint {
    return BigInt(this.#clock.now()) * 1000n;
  }
}
