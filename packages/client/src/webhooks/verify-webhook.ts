/** What a webhook tells: flat, with fields of its own for each event. */
export interface VerifiedWebhook {
  /** Such as `task.completed`. */
  event: string;
  /** When it happened, ISO 8601. */
  at: string;
  org_id: string | null;
  [field: string]: unknown;
}

/** A request's headers, as `fetch` or Node have them. */
export type WebhookHeaders =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

export interface VerifyWebhookOptions {
  /** By how much the sender's clock may differ from this one's; five minutes by default. */
  toleranceSeconds?: number;
  /** Milliseconds since the epoch; the time of now by default. */
  now?: number;
}

/** A request that is no webhook of this secret, or an old one. */
export class WebhookVerificationError extends Error {
  override readonly name = "WebhookVerificationError";
}

const TOLERANCE_SECONDS = 300;
/** Of signatures in one header: while a secret is rotated there are two or three. */
const SIGNATURES_MAX = 16;
const encoder = new TextEncoder();

/**
 * Checks that a request is a webhook signed with this secret, not long ago (Standard Webhooks 1.0.0), and answers what it tells. Signatures
 * are compared in constant time; of several, as while a secret is rotated, one has to fit.
 *
 * @param payload the body as it came, before anything has parsed it: text or bytes
 * @param secret as it was shown, `whsec_…`; several while you rotate on your side
 * @throws WebhookVerificationError
 */
export async function verifyWebhook<Told = VerifiedWebhook>(
  payload: string | Uint8Array,
  headers: WebhookHeaders,
  secret: string | readonly string[],
  { toleranceSeconds = TOLERANCE_SECONDS, now = Date.now() }: VerifyWebhookOptions = {},
): Promise<Told> {
  const id = header(headers, "webhook-id");
  const timestamp = header(headers, "webhook-timestamp");
  const signatures = signaturesIn(header(headers, "webhook-signature"));
  if (!/^\d{1,12}$/.test(timestamp)) throw new WebhookVerificationError("webhook-timestamp is no time");
  if (Math.abs(now / 1000 - Number(timestamp)) > toleranceSeconds)
    throw new WebhookVerificationError("The webhook is too old, or from the future");
  const body = typeof payload === "string" ? encoder.encode(payload) : payload;
  const signed = joined(encoder.encode(`${id}.${timestamp}.`), body);
  let isGenuine = false;
  for (const one of [secret].flat() as string[]) {
    const key = await crypto.subtle.importKey("raw", keyIn(one), { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
    // Each is tried, so that it cannot be told from the time which one fits.
    for (const signature of signatures) {
      if (await crypto.subtle.verify("HMAC", key, signature, signed)) isGenuine = true;
    }
  }
  if (!isGenuine) throw new WebhookVerificationError("No signature fits the secret");
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)) as Told;
  } catch {
    throw new WebhookVerificationError("The webhook's body is no JSON");
  }
}

function header(headers: WebhookHeaders, name: string): string {
  const value = isGettable(headers) ? headers.get(name) : valueIn(headers, name);
  if (!value) throw new WebhookVerificationError(`The header ${name} is missing`);
  return value;
}

const isGettable = (headers: WebhookHeaders): headers is { get(name: string): string | null } =>
  typeof headers.get === "function";

function valueIn(headers: Readonly<Record<string, string | readonly string[] | undefined>>, name: string) {
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  return typeof found === "string" ? found : found?.[0];
}

function signaturesIn(text: string): Uint8Array<ArrayBuffer>[] {
  return text
    .split(" ")
    .slice(0, SIGNATURES_MAX)
    .filter((one) => one.startsWith("v1,"))
    .map((one) => bytesIn(one.slice(3)))
    .filter((bytes) => bytes !== undefined);
}

function keyIn(secret: string): Uint8Array<ArrayBuffer> {
  const bytes = bytesIn(secret.replace(/^whsec_/, ""));
  // Nobody's signature is checked with a key that everybody knows.
  if (!bytes || bytes.length === 0) throw new WebhookVerificationError("The secret is none: it begins with whsec_");
  return bytes;
}

function bytesIn(base64: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function joined(head: Uint8Array, tail: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(head.length + tail.length);
  bytes.set(head);
  bytes.set(tail, head.length);
  return bytes;
}
