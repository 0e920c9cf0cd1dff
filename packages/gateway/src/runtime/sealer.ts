import { createCipheriv, createDecipheriv, hkdfSync } from "node:crypto";
import type { Random } from "./random.ts";

/** Encrypts what must be kept but never be read from the database alone: agents' credentials, callers' push secrets. */
export interface Sealer {
  /** @param purpose binds the text to one use: what is sealed for one cannot be opened for another */
  seal(plain: string, purpose: string): string;
  /** @throws when the text was changed, was sealed for another purpose, or with another secret */
  open(sealed: string, purpose: string): string;
}

const IV_BYTES = 12;
const TAG_BYTES = 16;
const FORMAT = "v1.";

/**
 * AES-256-GCM under a key derived from the secret (HKDF-SHA-256); a random nonce for each text.
 *
 * @param earlier secrets under which texts may still be sealed
 */
export function createSealer(secret: string, random: Random, earlier: readonly string[] = []): Sealer {
  const key = keyOf(secret);
  const keys = [key, ...earlier.map(keyOf)];
  return {
    seal(plain, purpose) {
      const iv = random.bytes(IV_BYTES);
      const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(purpose));
      const sealed = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
      return FORMAT + Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString("base64url");
    },
    open(sealed, purpose) {
      if (!sealed.startsWith(FORMAT)) throw new Error("this is not a sealed text");
      const text = sealed.slice(FORMAT.length);
      const bytes = Buffer.from(text, "base64url");
      // In one spelling alone: what may be used once is told apart by its text.
      if (bytes.length < IV_BYTES + TAG_BYTES || bytes.toString("base64url") !== text)
        throw new Error("this is not a sealed text");
      for (const [at, key] of keys.entries()) {
        try {
          return opened(bytes, purpose, key);
        } catch (error) {
          if (at === keys.length - 1) throw error;
        }
      }
      throw new Error("a sealer has a key");
    },
  };
}

const keyOf = (secret: string) => Buffer.from(hkdfSync("sha256", secret, "", "agentgate sealer", 32));

function opened(bytes: Buffer, purpose: string, key: Buffer): string {
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, IV_BYTES));
  decipher.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  return decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, "utf8") + decipher.final("utf8");
}
