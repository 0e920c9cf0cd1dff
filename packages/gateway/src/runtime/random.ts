import { randomBytes, randomFillSync } from "node:crypto";
import { uuidText } from "./uuid-text.ts";

/** Randomness, injected so that a failing run can be replayed from its seed. */
export interface Random {
  /** Cryptographically strong bytes in production. */
  bytes(length: number): Buffer;
  /** A UUIDv4. */
  uuid(): string;
  /** A number in [0, 1). */
  fraction(): number;
}

const pooled = pooledBytes(8192);

export const systemRandom: Random = {
  bytes: pooled,
  uuid: () => uuidOf(pooled(16)),
  fraction: () => Math.random(),
};

/** RFC 9562, section 5.4. */
export function uuidOf(bytes: Buffer): string {
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return uuidText(bytes);
}

/** The system's randomness, fetched a pool at a time: one call into it costs more than a thousand bytes do. */
function pooledBytes(poolLength: number): Random["bytes"] {
  const pool = Buffer.allocUnsafeSlow(poolLength);
  let used = poolLength;
  return (length) => {
    if (length > poolLength / 8) return randomBytes(length);
    if (used + length > poolLength) {
      randomFillSync(pool);
      used = 0;
    }
    const bytes = Buffer.from(pool.subarray(used, used + length));
    // What was handed out is nobody else's.
    pool.fill(0, used, used + length);
    used += length;
    return bytes;
  };
}
