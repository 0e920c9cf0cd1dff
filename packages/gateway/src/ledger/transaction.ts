import type { MicroDollars } from "@agentgate/protocol";
import type { Micros } from "../runtime/index.ts";
import type { JournalRow } from "./journal.ts";
import type { Reference } from "./posting.ts";

/** A settled or posted movement, as its parties see it. */
export interface Transaction {
  /** UUIDv4; a settled hold's transaction has the hold's id. */
  id: string;
  type: string;
  /** Null for the world. */
  payer: string | null;
  receiver: string | null;
  amount: MicroDollars;
  fee: MicroDollars;
  /** amount − fee: what the receiver gets. */
  net: MicroDollars;
  reference: Reference;
  createdAt: Micros;
}

export function transactionOf(row: JournalRow): Transaction {
  const { id, type, payer, receiver, amount, fee } = row;
  const reference = JSON.parse(row.reference) as Reference;
  return { id, type, payer, receiver, amount, fee, net: amount - fee, reference, createdAt: row.created_at };
}
