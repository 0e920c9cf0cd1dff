import type { AgentVerifier, VerifiedAgent } from "../engine/caller.ts";
import { SiteError } from "../exchange/site-error.ts";
import { MemoryRecordStore } from "../sessions/memory-record-store.ts";
import type { RecordStore } from "../sessions/record-store.ts";
import type { AuthRequest } from "./auth-policy.ts";
import { sha256 } from "./digest.ts";
import { directoryOrigin, domainOf, type Ed25519Jwk, KeyDirectories, thumbprint } from "./key-directory.ts";
import {
  dictionaryMember,
  findSignature,
  type MessageSignature,
  type SignedRequest,
  signatureBase,
} from "./message-signature.ts";

export interface WebBotAuthOptions {
  /** Refuse requests without a valid signature. Default false: they come through unverified. */
  readonly required?: boolean | undefined;
  /** Keys known beforehand, by any name; their agents need no directory. */
  readonly keys?: readonly Ed25519Jwk[] | undefined;
  /** Fetches key directories. Default: the global `fetch`; `false` for known keys only. */
  readonly directoryFetch?: typeof fetch | false | undefined;
  /** Which directories to trust at all, as origins. Default: any public one. */
  readonly trustedOrigins?: readonly string[] | undefined;
  /**
   * Where the nonces of signatures are kept while these are valid. Default: this process' memory. Several processes need one
   * that they share, such as `replies` of `redisSessionStore` or `sqlSessionStore`.
   */
  readonly nonces?: RecordStore | undefined;
  /** Milliseconds since the epoch; for tests. */
  readonly now?: (() => number) | undefined;
}

/** How long a signature may be valid at most, and how far clocks may differ. */
const validityMs = 5 * 60 * 1000;
const clockSkewMs = 30 * 1000;

/**
 * Verifies Web Bot Auth (draft-ietf-webbotauth-httpsig-protocol): RFC 9421 signatures with Ed25519 keys that the agent
 * publishes. Fills `context.agent` with the key and the origin; `X-Agent-ID` alone proves nothing.
 */
export function webBotAuth(options: WebBotAuthOptions = {}): AgentVerifier {
  const { required = false, keys = [], directoryFetch = fetch, trustedOrigins, now = Date.now } = options;
  const directories = directoryFetch ? new KeyDirectories(directoryFetch, now) : undefined;
  const known = Promise.all(keys.map(async (key) => [await thumbprint(key), key] as const)).then(
    (list) => new Map(list),
  );
  const nonces = options.nonces ?? new MemoryRecordStore({ now, holderShare: trustedOrigins ? 0.5 : 0.1 });

  const findKey = async (keyId: string, origin: string | undefined): Promise<Ed25519Jwk | undefined> => {
    const own = (await known).get(keyId);
    if (own || !origin || !directories) return own;
    if (trustedOrigins && !trustedOrigins.includes(origin)) return undefined;
    const directory = await directories.keysOf(origin);
    if (!directory && required) {
      throw unavailable(`The key directory of ${origin} cannot be had at the moment. Try again in a minute.`);
    }
    return directory?.get(keyId);
  };

  /** Remembers what must not come again while the signature is valid. Agents that are known have a larger share. */
  const isReplay = async (keyId: string, origin: string | undefined, once: string, until: number): Promise<boolean> => {
    const isOwn = (await known).has(keyId);
    const isKnown = isOwn || trustedOrigins !== undefined;
    const agent = isOwn || !origin ? keyId : domainOf(origin);
    const id = `nonce:${await sha256(`${keyId}\n${once}`)}`;
    try {
      return !(await nonces.insert(id, { text: "", version: 1 }, until, `${isKnown ? "subject" : "agent"}:${agent}`));
    } catch (error) {
      if (!SiteError.isInstance(error) || error.code !== "unavailable") throw error;
      throw unavailable("You have sent more signed requests than the site can remember. Try again in a minute.");
    }
  };

  return {
    async verify(request: AuthRequest): Promise<VerifiedAgent | undefined> {
      if (request.header("signature-input") === undefined) {
        if (required) throw refused("Sign the request with Web Bot Auth (RFC 9421, tag web-bot-auth).");
        return undefined;
      }
      const signed: SignedRequest = {
        authority: new URL(request.baseUrl).host,
        method: request.method,
        path: request.path,
        header: (name) => request.header(name),
      };
      const signature = findSignature(signed, "web-bot-auth");
      if (!signature) {
        if (required) throw refused("No signature has the tag web-bot-auth.");
        return undefined;
      }
      const { keyid = "", nonce } = signature.parameters;
      const expires = checkTimes(signature, now());
      if (!signature.components.includes('"@authority"')) throw refused('The signature must cover "@authority".');
      const origin = originOf(signature, signed);
      const once = mustBeOnce(signature, request.method);
      const base = signatureBase(signature, signed);
      if (base === undefined) throw refused("The signature covers a component that is missing or not supported.");
      const key = await findKey(keyid, origin);
      if (!key) {
        if (required) throw refused("The key of the signature is not known or cannot be fetched.");
        return undefined;
      }
      if (!(await isValid(key, signature.signature, base)))
        throw refused("The signature is not valid for this request.");
      if (once && (await isReplay(keyid, origin, nonce ?? base, expires)))
        throw refused("The nonce of the signature was used before. Sign every request anew.");
      return { keyId: keyid, origin };
    },
  };
}

/**
 * Whether a signature is good once. It is when it has a nonce, and has to be for whatever may take effect: without a nonce
 * it must at least say for which method and path it was made, or it would be good for any intent.
 */
function mustBeOnce({ components, parameters }: MessageSignature, method: string): boolean {
  if (parameters.nonce) return true;
  if (method === "GET" || method === "HEAD" || method === "OPTIONS") return false;
  if (components.includes('"@method"') && components.includes('"@path"')) return true;
  throw refused('The signature needs a nonce, or must cover "@method" and "@path". Sign every request anew.');
}

/** @returns milliseconds since the epoch */
function checkTimes({ parameters }: MessageSignature, now: number): number {
  const [created, expires] = [secondsOf(parameters.created) * 1000, secondsOf(parameters.expires) * 1000];
  if (!(created > 0) || !(expires > created)) throw refused("The signature needs created and expires.");
  if (expires - created > validityMs) throw refused("The signature may be valid for at most 5 minutes.");
  if (created > now + clockSkewMs) throw refused("The signature was created in the future. Check the clock.");
  if (expires < now - clockSkewMs) throw refused("The signature has expired. Sign every request anew.");
  return expires + clockSkewMs;
}

const secondsOf = (text = "") => (/^\d{1,11}$/.test(text) ? Number(text) : Number.NaN);

/** The key directory's origin, from a `Signature-Agent` that the signature covers: a string, or a member of a dictionary. */
function originOf({ components, label }: MessageSignature, request: SignedRequest): string | undefined {
  const covered = components.find((component) => component.startsWith('"signature-agent"'));
  const field = request.header("signature-agent");
  if (!covered || !field) return undefined;
  const key = /;key="([^"]*)"/.exec(covered)?.[1] ?? label;
  const value = field.startsWith('"') ? field.trim() : dictionaryMember(field, key);
  const agent = /^"(.*)"$/.exec(value ?? "")?.[1];
  return agent === undefined ? undefined : directoryOrigin(agent);
}

async function isValid(key: Ed25519Jwk, signature: Uint8Array<ArrayBuffer>, base: string): Promise<boolean> {
  try {
    const { kty, crv, x } = key;
    const imported = await crypto.subtle.importKey("jwk", { kty, crv, x }, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", imported, signature, new TextEncoder().encode(base));
  } catch {
    return false;
  }
}

const unavailable = (message: string) => new SiteError("unavailable", message, { headers: { "retry-after": "60" } });

const refused = (message: string) =>
  new SiteError("unauthorized", message, { headers: { "www-authenticate": 'Signature realm="web-bot-auth"' } });
