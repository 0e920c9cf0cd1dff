import type { AuditReport } from "@agentgate/protocol";
import type { AuditHeadTable, Storage } from "../storage/index.ts";
import { digestOf, linkHash } from "./chain.ts";
import { type AuditRow, toWireRow } from "./entry.ts";

/** A head that somebody noted outside of the database. */
export interface NotedHead {
  seq: number;
  hash: string;
}

const PAGE = 500;
/** Rows whose links are looked for at once. */
const LOOKED_AT = 2_000;
const PROBLEMS_MAX = 100;

type Problem = AuditReport["problems"][number];

/**
 * Walks the whole chain, from what retention has left, page by page, and names what is wrong with it: rows that are missing or were
 * changed, links that are missing, were changed or moved, rows that no link was ever to be put on. What waits for its link is counted.
 */
export class AuditVerification {
  readonly #storage: Storage;
  readonly #noted: readonly NotedHead[];
  readonly #problems: Problem[] = [];
  #rows = 0;

  constructor(storage: Storage, noted: readonly NotedHead[] = []) {
    this.#storage = storage;
    this.#noted = noted;
  }

  async run(): Promise<AuditReport> {
    const head = await this.#head();
    await this.#walk(head);
    await this.#lookForUnlinked();
    const waiting = await this.#waiting();
    return {
      ok: this.#problems.length === 0,
      rows: this.#rows,
      waiting,
      head: { seq: Number(head.seq), hash: head.hash },
      anchor: { seq: Number(head.anchor_seq), hash: head.anchor_hash },
      problems: this.#problems.slice(0, PROBLEMS_MAX),
    };
  }

  #head(): Promise<AuditHeadTable> {
    return this.#storage.db.selectFrom("audit_head").selectAll().where("id", "=", 1n).executeTakeFirstOrThrow();
  }

  async #walk(head: AuditHeadTable): Promise<void> {
    let seq = head.anchor_seq;
    let hash: string | undefined = head.anchor_hash;
    while (seq < head.seq) {
      const rows = await this.#page(seq, head.seq);
      const first = rows[0];
      if (first && first.seq > seq + 1n) {
        // Retention may have gone on meanwhile.
        const now = await this.#head();
        if (now.anchor_seq >= first.seq - 1n && now.anchor_seq > seq) {
          seq = now.anchor_seq;
          hash = now.anchor_hash;
          continue;
        }
      }
      for (const { seal, row } of rows.map(parted)) {
        if (seal.seq !== seq + 1n) {
          this.#report(null, seq + 1n, `${rangeOf(seq + 1n, seal.seq - 1n)} of the chain missing`);
          hash = undefined;
        }
        this.#judge(seal, row, hash);
        ({ seq, hash } = seal);
      }
      if (rows.length === 0) {
        this.#report(null, seq + 1n, `${rangeOf(seq + 1n, head.seq)} of the chain missing: its head is ${head.seq}`);
        return;
      }
    }
    if (hash !== undefined && seq === head.seq && hash !== head.hash)
      this.#report(null, seq, "the head has another hash than the chain's last link");
    for (const noted of this.#noted)
      if (BigInt(noted.seq) > head.seq)
        this.#report(null, BigInt(noted.seq), "the chain was cut off before what was noted of it");
  }

  #judge(seal: Seal, row: AuditRow | undefined, before: string | undefined): void {
    this.#rows++;
    const { seq, id, digest, hash } = seal;
    if (!row) this.#report(id, seq, "the row is missing");
    else if (digestOf(toWireRow(row)) !== digest) this.#report(id, seq, "the row was changed");
    if (before !== undefined && linkHash(before, { seq, id, digest }) !== hash)
      this.#report(id, seq, "the link was changed, or is not in its place");
    for (const noted of this.#noted)
      if (BigInt(noted.seq) === seq && noted.hash !== hash)
        this.#report(id, seq, "another hash was noted of this link");
  }

  #page(after: bigint, last: bigint) {
    return this.#storage.db
      .selectFrom("audit_seals as s")
      .leftJoin("audit_log as l", "l.id", "s.id")
      .selectAll("l")
      .select(["s.seq", "s.id as sealed_id", "s.digest", "s.hash"])
      .where("s.seq", ">", after)
      .where("s.seq", "<=", last)
      .orderBy("s.seq")
      .limit(PAGE)
      .execute();
  }

  /** Rows that came past the trigger, or whose links were taken away with what waited for them. */
  async #lookForUnlinked(): Promise<void> {
    for (let after = ""; ; ) {
      const rows = await this.#storage.db
        .selectFrom("audit_log as l")
        // Told of each table: PostgreSQL may join them in their order, and would begin the others at their beginnings.
        .leftJoin("audit_seals as s", (join) => join.onRef("s.id", "=", "l.id").on("s.id", ">", after))
        .leftJoin("audit_pending as p", (join) => join.onRef("p.id", "=", "l.id").on("p.id", ">", after))
        .select(["l.id", "s.seq", "p.id as pending"])
        .where("l.id", ">", after)
        .orderBy("l.id")
        .limit(LOOKED_AT)
        .execute();
      for (const { id, seq, pending } of rows)
        if (seq === null && pending === null) this.#report(id, null, "the row has no link, and waits for none");
      if (rows.length < LOOKED_AT) return;
      after = rows.at(-1)!.id;
    }
  }

  async #waiting(): Promise<number> {
    const rows = await this.#storage.db
      .selectFrom("audit_pending as p")
      .leftJoin("audit_log as l", "l.id", "p.id")
      .select(["p.id", "l.id as row"])
      .limit(100_000)
      .execute();
    for (const { id, row } of rows)
      if (row === null) this.#report(id, null, "the row waits for its link, and is missing");
    return rows.length;
  }

  #report(id: string | null, seq: bigint | null, message: string): void {
    if (this.#problems.length < PROBLEMS_MAX)
      this.#problems.push({ seq: seq === null ? null : Number(seq), id, message });
  }
}

interface Seal {
  seq: bigint;
  id: string;
  digest: string;
  hash: string;
}

function parted<Row extends { id: string | null; sealed_id: string; seq: bigint; digest: string; hash: string }>(
  row: Row,
): { seal: Seal; row: AuditRow | undefined } {
  const { sealed_id, seq, digest, hash } = row;
  return {
    seal: { seq, id: sealed_id, digest, hash },
    row: row.id === null ? undefined : (row as unknown as AuditRow),
  };
}

const rangeOf = (from: bigint, to: bigint) => (from === to ? `link ${from} is` : `links ${from} to ${to} are`);
