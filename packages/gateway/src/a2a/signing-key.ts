import { createPrivateKey, sign } from "node:crypto";
import { promisify } from "node:util";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from "jose";
import type { SealedSetting } from "../secrets/index.ts";

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
/** On a thread of its own. */
const signApart = promisify(sign);

/** The key of all nodes; made when there is none yet. */
export async function openSigningKey(kept: SealedSetting): Promise<SigningKey> {
  const jwk: JWK = JSON.parse((await kept.read()) ?? (await kept.keep(await mintJwk())));
  const { d: _, ...publicJwk } = jwk;
  // RFC 7518, section 3.4: both numbers of the signature, one behind the other.
  const key = { key: createPrivateKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" } as const;
  const kid = await calculateJwkThumbprint(publicJwk);
  return {
    jwks: { keys: [{ ...publicJwk, kid, alg: ALGORITHM, use: "sig" }] },
    async sign(payload, jku) {
      const header = toBase64Url(JSON.stringify({ alg: ALGORITHM, typ: "JOSE", kid, jku }));
      // RFC 7515, section 5.1. By Node's own base64: jose's takes fifteen milliseconds of the loop for a card of a megabyte.
      const input = Buffer.from(`${header}.${toBase64Url(payload)}`, "latin1");
      return { protected: header, signature: (await signApart("sha256", input, key)).toString("base64url") };
    },
  };
}

const toBase64Url = (text: string): string => Buffer.from(text, "utf8").toString("base64url");

async function mintJwk(): Promise<string> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  return JSON.stringify(await exportJWK(privateKey));
}
