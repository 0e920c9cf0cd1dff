import { hash } from "node:crypto";
import type { Random } from "./random.ts";

/** The stored form of a key: hex SHA-256. Keys are random, so a fast hash is enough and no request pays for a slow one. */
export const hashKey = (key: string): string => hash("sha256", key, "hex");

/** A new key with a recognisable prefix and 32 random bytes: `ag_org_…`. */
export const mintKey = (kind: "admin" | "org" | "agent", random: Random): string =>
  `ag_${kind}_${random.bytes(32).toString("base64url")}`;
