import { canonicalJson, isObject, type JsonObject } from "@agentgate/protocol/a2a";
import type { Sealer } from "../runtime/index.ts";
import { SealedSetting } from "../secrets/index.ts";
import type { Storage } from "../storage/index.ts";
import { CARD_KEY } from "./card-key.ts";
import type { PublicKeys, SigningKey } from "./signing-key.ts";

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
  readonly #kept: SealedSetting;
  #key: Promise<SigningKey> | undefined;

  private constructor(kept: SealedSetting) {
    this.#kept = kept;
  }

  /** @throws when the key was sealed with another secret than this server's. */
  static async open(storage: Storage, sealer: Sealer): Promise<CardSigner> {
    const kept = new SealedSetting(storage, sealer, CARD_KEY);
    await kept.read();
    return new CardSigner(kept);
  }

  async jwks(): Promise<PublicKeys> {
    return (await this.#open()).jwks;
  }

  /** One signature for each text, see {@link signedTexts}. */
  async sign(texts: Iterable<string>, publicUrl: string): Promise<JsonObject[]> {
    const key = await this.#open();
    const jku = `${publicUrl}/.well-known/jwks.json`;
    const signatures: JsonObject[] = [];
    // One after the other: what is done of it on the loop is as long as the text.
    for (const text of texts) signatures.push({ ...(await key.sign(text, jku)) });
    return signatures;
  }

  /** Makes or takes up the key when it is first wanted, and loads what signs with it: no start waits for that. */
  #open(): Promise<SigningKey> {
    this.#key ??= import("./signing-key.ts")
      .then(({ openSigningKey }) => openSigningKey(this.#kept))
      .catch((error) => {
        this.#key = undefined;
        throw error;
      });
    return this.#key;
  }
}

/**
 * What of a card is signed, as canonical JSON (RFC 8785): the document as it is served, and, where that is another text, the members that
 * 1.0's proto knows without the empty ones, which is what the official SDKs verify. The text of 1.0, section 8.4, leaves open which is
 * meant. Of a hybrid, whose security schemes are 0.3's, some translate these and have 1.0's card, others drop them. In pieces: a card may
 * have thousands of skills.
 *
 * @param strict the same card as 1.0 alone would have it; the card itself unless that is a hybrid
 */
export function* signedTexts(card: JsonObject, strict: JsonObject): Generator<void, Set<string>> {
  const texts = new Set([yield* canonicalInPieces(card)]);
  const { securitySchemes: _, ...schemeless } = card;
  for (const view of card === strict ? [card] : [strict, schemeless]) {
    texts.add(yield* canonicalInPieces(yield* knownWithoutEmpty(view)));
  }
  return texts;
}

/** Items of a list, or characters of its text, after which others have their turn. */
const PIECE = { items: 200, characters: 65_536 };

/** The same as `canonicalJson`. */
function* canonicalInPieces(object: JsonObject): Generator<void, string> {
  const members: string[] = [];
  for (const name of Object.keys(object).sort((a, b) => (a < b ? -1 : 1))) {
    const member = object[name];
    if (member === undefined) continue;
    const text = Array.isArray(member)
      ? `[${(yield* inPieces(member, (item) => canonicalJson(item ?? null))).join(",")}]`
      : canonicalJson(member);
    members.push(`${JSON.stringify(name)}:${text}`);
  }
  return `{${members.join(",")}}`;
}

function* inPieces<R>(items: readonly unknown[], make: (item: unknown) => R): Generator<void, R[]> {
  const made: R[] = [];
  for (let [at, characters] = [0, 0]; at < items.length; at++) {
    const one = make(items[at]);
    made.push(one);
    if (typeof one === "string") characters += one.length;
    if (made.length % PIECE.items !== 0 && characters < PIECE.characters) continue;
    characters = 0;
    yield;
  }
  return made;
}

/** The members that 1.0's proto knows, without what is empty. */
function* knownWithoutEmpty(card: JsonObject): Generator<void, JsonObject> {
  const shown: JsonObject = {};
  for (const [name, member] of Object.entries(card)) {
    if (!protoMembers.has(name)) continue;
    if (!Array.isArray(member)) shown[name] = withoutEmpty(member);
    else {
      const items = (yield* inPieces(member, withoutEmpty)).filter((item) => item !== undefined);
      if (items.length > 0) shown[name] = items;
    }
  }
  return shown;
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
