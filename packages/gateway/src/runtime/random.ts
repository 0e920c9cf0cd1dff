import { randomBytes, randomUUID } from "node:crypto";

/** Randomness, injected so that a failing run can be replayed from its seed. */
export interface Random {
  /** Cryptographically strong bytes in production. */
  bytes(length: number): Buffer;
  /** A UUIDv4. */
  uuid(): string;
  /** A number in [0, 1). */
  fraction(): number;
}

export const systemRandom: Random = {
  bytes: (length) => randomBytes(length),
  uuid: () => randomUUID(),
  fraction: () => Math.random(),
};
