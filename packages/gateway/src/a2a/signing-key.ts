import { calculateJwkThumbprint, exportJWK, FlattenedSign, generateKeyPair, importJWK, type JWK } from "jose";
import type { SigningKeyStore } from "./signing-key-store.ts";

/** A JSON Web Key Set (RFC 7517). */
export interface PublicKeys {
  keys: JWK[];
}

/** The gateway's key for cards. */
export interface SigningKey {
  readonly jwks: PublicKeys;
  /** @param jku where the public half is published */
  sign(payload: string, jku: string): Promise<{ protected: string; signature: string }>;
}

const ALGORITHM = "ES256";

/** The key of all nodes; made when there is none yet. */
export async function openSigningKey(store: SigningKeyStore): Promise<SigningKey> {
  const jwk: JWK = JSON.parse((await store.read()) ?? (await store.keep(await mintJwk())));
  const { d: _, ...publicJwk } = jwk;
  const key = await importJWK(jwk, ALGORITHM);
  const kid = await calculateJwkThumbprint(publicJwk);
  return {
    jwks: { keys: [{ ...publicJwk, kid, alg: ALGORITHM, use: "sig" }] },
    async sign(payload, jku) {
      const signing = new FlattenedSign(new TextEncoder().encode(payload));
      const { protected: header = "", signature } = await signing
        .setProtectedHeader({ alg: ALGORITHM, typ: "JOSE", kid, jku })
        .sign(key);
      return { protected: header, signature };
    },
  };
}

async function mintJwk(): Promise<string> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  return JSON.stringify(await exportJWK(privateKey));
}
