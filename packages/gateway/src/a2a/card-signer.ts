import { canonicalJson, isObject, type JsonObject } from "@agentgate/protocol/a2a";
import type { Sealer } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import type { PublicKeys, SigningKey } from "./signing-key.ts";
import { SigningKeyStore } from "./signing-key-store.ts";

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
  readonly #store: SigningKeyStore;
  #key: Promise<SigningKey> | undefined;

  private constructor(store: SigningKeyStore) {
    this.#store = store;
  }

  /** @throws when the key was sealed with another secret than this server's. */
  static async open(storage: Storage, sealer: Sealer): Promise<CardSigner> {
    const store = new SigningKeyStore(storage, sealer);
    await store.read();
    return new CardSigner(store);
  }

  async jwks(): Promise<PublicKeys> {
    return (await this.#open()).jwks;
  }

  /**
   * The card with signatures over its canonical JSON (RFC 8785): of the document as it is served, and, where that is another text,
   * of the members that 1.0's proto knows without the empty ones, which is what the official SDKs verify. The text of 1.0, section
   * 8.4, leaves open which is meant. Of a hybrid, whose security schemes are 0.3's, some translate these and have 1.0's card, others drop
   * them.
   *
   * @param strict the same card as 1.0 alone would have it; the card itself unless that is a hybrid
   */
  async sign(card: JsonObject, strict: JsonObject, publicUrl: string): Promise<JsonObject> {
    const { securitySchemes: _, ...schemeless } = card;
    const views = card === strict ? [card] : [strict, schemeless];
    const payloads = new Set([canonicalJson(card), ...views.map((view) => canonicalJson(withoutEmpty(known(view))))]);
    const key = await this.#open();
    const jku = `${publicUrl}/.well-known/jwks.json`;
    return { ...card, signatures: await Promise.all([...payloads].map((payload) => key.sign(payload, jku))) };
  }

  /** Makes or takes up the key when it is first wanted, and loads what signs with it: no start waits for that. */
  #open(): Promise<SigningKey> {
    this.#key ??= import("./signing-key.ts")
      .then(({ openSigningKey }) => openSigningKey(this.#store))
      .catch((error) => {
        this.#key = undefined;
        throw error;
      });
    return this.#key;
  }
}

const known = (card: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(card).filter(([name]) => protoMembers.has(name)));

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
