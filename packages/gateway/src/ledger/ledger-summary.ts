import type { MicroDollars } from "@agentgate/protocol";
import type { Micros } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { platformAccount, worldAccount } from "./accounts.ts";
import { CheckpointStore, type Problem } from "./verification/index.ts";

/** What accounts are, by what they are for. Wallets are all that belong to somebody. */
export type AccountKind = "wallets" | "platform" | "world";

/** The books at one moment, without reading them through. */
export interface LedgerSummary {
  /** The journal's last row. */
  head: { seq: bigint; hash: string; createdAt: Micros };
  /** Σ of all accounts: 0. */
  sum: MicroDollars;
  /** Of what is in wallets, what is put aside for calls under way. */
  held: MicroDollars;
  /** Σ of the holds themselves: the same. */
  reserved: MicroDollars;
  accounts: { kind: AccountKind; balance: MicroDollars }[];
  checks: LedgerCheck[];
}

/** How far the books were verified in the background, by whatever node. */
export interface LedgerCheck {
  /** `new`: what came since it was verified last; `all`: everything, again and again. */
  name: "new" | "all";
  /** The last row of the journal that was verified, and when that was written; null before the first. */
  seq: bigint;
  createdAt: Micros | null;
  /** How long ago it was done with everything, by the journal's own time; null while it is under way, and of `new`. */
  endedAgo: Micros | null;
  problems: readonly Problem[];
}

const checks = ["new", "all"] as const;

/** Some rows of the head's, never the journal: as quick with ten million rows as with ten. */
export async function ledgerSummary(storage: Storage, now: Micros): Promise<LedgerSummary> {
  const special = [platformAccount, worldAccount];
  // One statement, so that all of it is of one moment.
  const rows = await storage.db
    .selectFrom("ledger_head as h")
    .leftJoin("ledger_accounts as a", (join) => join.on("a.id", "in", special))
    .select(["h.seq", "h.hash", "h.created_at", "h.posted", "h.held", "h.reserved"])
    .select(["a.id as account", "a.posted as balance"])
    .execute();
  const { seq, hash, created_at: createdAt, posted, held, reserved } = rows[0]!;
  const balanceOf = (id: string) => rows.find(({ account }) => account === id)?.balance ?? 0n;
  const [platform, world] = [balanceOf(platformAccount), balanceOf(worldAccount)];
  return {
    head: { seq, hash, createdAt },
    sum: posted,
    held,
    reserved,
    // Budgets are the other side of their own accounts: together they are nothing.
    accounts: [
      { kind: "wallets", balance: posted - platform - world },
      { kind: "platform", balance: platform },
      { kind: "world", balance: world },
    ],
    checks: await Promise.all(checks.map((name) => checkOf(storage, name, now))),
  };
}

async function checkOf(storage: Storage, name: LedgerCheck["name"], now: Micros): Promise<LedgerCheck> {
  const { version, place, endedAt, problems } = await new CheckpointStore(storage, name).load();
  return {
    name,
    seq: place.seq,
    createdAt: version === 0n || place.seq === 0n ? null : place.created_at,
    endedAgo: endedAt === null ? null : now - endedAt,
    problems,
  };
}
