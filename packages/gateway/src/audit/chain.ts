import { hashKey } from "../runtime/index.ts";
import { type AuditEntry, canonicalRow } from "./entry.ts";

/** A row's place in the chain. */
export interface Link {
  readonly seq: bigint | number;
  /** The row's. */
  readonly id: string;
  readonly digest: string;
}

/** The hash before the first link. */
export const GENESIS = "";

/** SHA-256 of a row's canonical bytes, in hexadecimal digits. */
export const digestOf = (entry: AuditEntry): string => hashKey(canonicalRow(entry));

/** SHA-256 over the hash of the link before, and this link: four lines without an end. */
export const linkHash = (before: string, { seq, id, digest }: Link): string =>
  hashKey(`${before}\n${seq}\n${id}\n${digest}`);
