import { canonicalJson, isObject, type JsonObject } from "@agentgate/protocol/a2a";
import { calculateJwkThumbprint, exportJWK, FlattenedSign, generateKeyPair, importJWK, type JWK } from "jose";
import type { Sealer } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";

type SigningKey = Awaited<ReturnType<typeof importJWK>>;

const SETTING = "card_signing_key";
const PURPOSE = "card signing key";
const ALGORITHM = "ES256";

/** Members that 1.0's proto knows; what verifiers built on it take for the card. */
const protoMembers = new Set([
  "name",
  "description",
  "supportedInterfaces",
  "provider",
  "version",
  "documentationUrl",
  "capabilities",
  "securitySchemes",
  "securityRequirements",
  "defaultInputModes",
  "defaultOutputModes",
  "skills",
  "iconUrl",
]);

/** Signs cards with the gateway's key, whose public half is published. */
export class CardSigner {
  readonly #key: SigningKey;
  readonly #kid: string;
  /** RFC 7517. */
  readonly jwks: { keys: JWK[] };

  private constructor(key: SigningKey, kid: string, publicJwk: JWK) {
    this.#key = key;
    this.#kid = kid;
    this.jwks = { keys: [{ ...publicJwk, kid, alg: ALGORITHM, use: "sig" }] };
  }

  /** The key of all nodes on this database; made at the first start. */
  static async open(storage: Storage, sealer: Sealer): Promise<CardSigner> {
    const stored = storage.db.selectFrom("settings").select("value").where("name", "=", SETTING);
    if (!(await stored.executeTakeFirst())) {
      const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
      await storage.db
        .insertInto("settings")
        .values({ name: SETTING, value: sealer.seal(JSON.stringify(await exportJWK(privateKey)), PURPOSE) })
        .onConflict((conflict) => conflict.column("name").doNothing())
        .execute();
    }
    const { value } = await stored.executeTakeFirstOrThrow();
    const jwk: JWK = JSON.parse(sealer.open(value, PURPOSE));
    const { d: _, ...publicJwk } = jwk;
    return new CardSigner(await importJWK(jwk, ALGORITHM), await calculateJwkThumbprint(publicJwk), publicJwk);
  }

  /**
   * The card with signatures over its canonical JSON (RFC 8785): of the document as it is served, and, where that is another text,
   * of the members that 1.0's proto knows without the empty ones, which is what the official SDKs verify. The text of 1.0, section
   * 8.4, leaves open which is meant.
   */
  async sign(card: JsonObject, publicUrl: string): Promise<JsonObject> {
    const known = Object.fromEntries(Object.entries(card).filter(([name]) => protoMembers.has(name)));
    const payloads = new Set([canonicalJson(card), canonicalJson(withoutEmpty(known))]);
    const signatures = await Promise.all(
      [...payloads].map((payload) =>
        new FlattenedSign(new TextEncoder().encode(payload))
          .setProtectedHeader({
            alg: ALGORITHM,
            typ: "JOSE",
            kid: this.#kid,
            jku: `${publicUrl}/.well-known/jwks.json`,
          })
          .sign(this.#key),
      ),
    );
    return {
      ...card,
      signatures: signatures.map(({ protected: header, signature }) => ({ protected: header, signature })),
    };
  }
}

function withoutEmpty(value: unknown): unknown {
  if (value === "" || value === null) return undefined;
  if (Array.isArray(value)) {
    const items = value.map(withoutEmpty).filter((item) => item !== undefined);
    return items.length ? items : undefined;
  }
  if (!isObject(value)) return value;
  const members = Object.entries(value)
    .map(([name, member]) => [name, withoutEmpty(member)] as const)
    .filter(([, member]) => member !== undefined);
  return members.length ? Object.fromEntries(members) : undefined;
}
