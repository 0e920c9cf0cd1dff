import { hash } from "node:crypto";

/**
 * By which the index finds what an agent calls by this id: 64 bits of SHA-256. Two names that share a key are one in 10¹² for a million
 * tasks; the later one is then refused, never shown as the other's.
 */
export const idKey = (agentId: string, id: string): bigint =>
  hash("sha256", `${agentId}\0${id}`, "buffer").readBigInt64BE();
