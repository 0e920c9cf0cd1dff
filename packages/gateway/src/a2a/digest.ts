import { createHash } from "node:crypto";

/** Of any JSON value, to tell whether it has changed without keeping it. */
export const digestOf = (value: unknown): string =>
  createHash("sha256")
    .update(JSON.stringify(value ?? null))
    .digest("base64");
