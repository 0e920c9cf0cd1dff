import { createPublicKey, hash, type KeyObject, verify } from "node:crypto";
import type { JWK } from "jose";
import {
  type InnerList,
  type Item,
  parseDictionary,
  serializeDictionary,
  serializeInnerList,
} from "structured-headers";
import type { Problem } from "../http/index.ts";
import { refusal } from "./refusal.ts";
import type { Signer } from "./signing-keys.ts";

/** A message as its signature covers it. */
export interface SignedMessage {
  /** Derived components (RFC 9421, section 2.2), such as `@method`. */
  derived: Readonly<Record<string, string>>;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: string;
}

const LABEL = "sig1";

/** `Content-Digest` (RFC 9530) of a body. */
export const contentDigest = (body: string): string => `sha-256=:${hash("sha256", body, "base64")}:`;

/** The headers that sign a message by these components, of which it has all. */
export function signatureHeaders(
  { derived, headers }: Omit<SignedMessage, "body">,
  components: readonly string[],
  { kid, sign }: Signer,
): Record<string, string> {
  const covered: InnerList = [components.map((name): Item => [name, new Map()]), new Map([["keyid", kid]])];
  const signature = sign(signatureBase({ derived, headers, body: "" }, covered));
  const bytes = signature.buffer.slice(
    signature.byteOffset,
    signature.byteOffset + signature.byteLength,
  ) as ArrayBuffer;
  return {
    "signature-input": serializeDictionary(new Map([[LABEL, covered]])),
    signature: serializeDictionary(new Map([[LABEL, [bytes, new Map()] as Item]])),
  };
}

/** What is signed (RFC 9421, section 2.5). @throws Problem 401 for a component that the message does not have */
export function signatureBase(message: SignedMessage, covered: InnerList): string {
  const [items] = covered;
  const lines = items.map(([name, parameters]) => {
    if (typeof name !== "string" || parameters.size > 0)
      throw invalid("a component has parameters, which are not supported");
    return `"${name}": ${componentOf(message, name)}`;
  });
  return [...lines, `"@signature-params": ${serializeInnerList(covered)}`].join("\n");
}

function componentOf({ derived, headers }: SignedMessage, name: string): string {
  const of = name.startsWith("@") ? derived : headers;
  const value = Object.hasOwn(of, name) ? of[name] : undefined;
  if (value === undefined) throw invalid(`it covers ${name}, which the message does not have`);
  return [value]
    .flat()
    .map((one) => one.trim())
    .join(", ");
}

/** What of a request a signature has to cover (ucp.dev, signatures). */
function requiredOf({ derived, headers, body }: SignedMessage): string[] {
  const isWriting = ["POST", "PUT", "DELETE", "PATCH"].includes(derived["@method"] ?? "");
  return [
    ...["@method", "@authority", "@path"],
    ...(derived["@query"] === undefined ? [] : ["@query"]),
    ...(headers["ucp-agent"] === undefined ? [] : ["ucp-agent"]),
    ...(isWriting && headers["idempotency-key"] !== undefined ? ["idempotency-key"] : []),
    ...(body === "" ? [] : ["content-digest", "content-type"]),
  ];
}

/**
 * Verifies a request's signature by the platform's keys.
 *
 * @param context names under which the gateway is reached, for a proxy may have changed the Host header; and the time
 * @throws Problem 400 or 401, as the protocol has it
 */
export function verifyRequest(
  message: SignedMessage,
  keys: readonly JWK[],
  { authorities, nowSeconds }: { authorities: readonly string[]; nowSeconds: number },
): void {
  demandDigest(message);
  const inputs = dictionary(message.headers["signature-input"], "Signature-Input");
  const signatures = dictionary(message.headers.signature, "Signature");
  const [label, covered] = [...inputs].find(([name]) => signatures.has(name)) ?? [];
  if (label === undefined || covered === undefined)
    throw invalid("Signature and Signature-Input have no label in common");
  const bytes = signatures.get(label)?.[0];
  if (!Array.isArray(covered[0]) || !(bytes instanceof ArrayBuffer)) throw invalid(`${label} is no signature`);
  const [items, parameters] = covered as InnerList;
  const names = new Set(items.map(([name]) => name));
  const missing = requiredOf(message).filter((name) => !names.has(name));
  if (missing.length > 0) throw invalid(`it does not cover ${missing.join(", ")}`);
  const expires = parameters.get("expires");
  if (typeof expires === "number" && expires < nowSeconds) throw invalid("it has expired");
  if (parameters.has("alg"))
    throw refusal(400, "algorithm_unsupported", "The key says the algorithm: send no alg with Signature-Input");
  const kid = parameters.get("keyid");
  const key = keys.find((one) => one.kid !== undefined && one.kid === kid);
  if (!key) throw refusal(401, "key_not_found", "The profile in UCP-Agent has no key with this keyid");
  const check = verifierOf(key);
  const isGood = authorities.some((authority) => {
    const derived = { ...message.derived, "@authority": authority };
    return check(signatureBase({ ...message, derived }, covered as InnerList), Buffer.from(bytes));
  });
  if (!isGood) throw invalid("it is not this key's signature of this request");
}

/** @throws Problem 400 when a digest is there that is not the body's, or none of a signed body */
export function demandDigest({ headers, body }: SignedMessage): void {
  const given = headers["content-digest"];
  if (given === undefined && body === "") return;
  const digests = given === undefined ? undefined : dictionary(given, "Content-Digest");
  const bytes = digests?.get("sha-256")?.[0];
  const expected = hash("sha256", body, "base64");
  if (bytes instanceof ArrayBuffer && Buffer.from(bytes).toString("base64") === expected) return;
  throw refusal(
    400,
    "digest_mismatch",
    "Content-Digest is not the SHA-256 of the body: send sha-256=:…: of the bytes that are sent",
  );
}

type Verify = (text: string, signature: Buffer) => boolean;

/** By the key's curve: ES256, which everybody has to know, ES384 and Ed25519. @throws Problem 400 for others */
function verifierOf(key: JWK): Verify {
  const { kty, crv } = key;
  const publicKey = publicKeyOf(key);
  const ecdsa =
    (digest: string): Verify =>
    (text, signature) =>
      verify(digest, Buffer.from(text), { key: publicKey, dsaEncoding: "ieee-p1363" }, signature);
  if (kty === "EC" && crv === "P-256") return ecdsa("sha256");
  if (kty === "EC" && crv === "P-384") return ecdsa("sha384");
  if (kty === "OKP" && crv === "Ed25519")
    return (text, signature) => verify(null, Buffer.from(text), publicKey, signature);
  throw refusal(400, "algorithm_unsupported", "Sign with a key on P-256, P-384 or Ed25519");
}

function publicKeyOf({ kty, crv, x, y }: JWK): KeyObject {
  try {
    const half = { kty, crv, x, ...(y !== undefined && { y }) };
    return createPublicKey({ key: half as never, format: "jwk" });
  } catch {
    throw refusal(
      400,
      "algorithm_unsupported",
      "The key in the profile cannot be used: sign with one on P-256, P-384 or Ed25519",
    );
  }
}

function dictionary(header: string | string[] | undefined, name: string) {
  try {
    return parseDictionary([header ?? ""].flat().join(", "));
  } catch {
    throw invalid(`${name} is no dictionary of structured fields`);
  }
}

const invalid = (why: string): Problem => refusal(401, "signature_invalid", `The signature is not valid: ${why}`);
