import { sha256 } from "../auth/digest.ts";
import type { Exchange, Reply } from "../exchange/exchange.ts";
import type { JsonObject } from "../exchange/read-json.ts";
import { errorReply, jsonReply, toSiteError } from "../exchange/reply.ts";
import { SiteError, type SiteErrorOptions } from "../exchange/site-error.ts";
import type { MaybePromise } from "./after.ts";
import { UnusableOutput } from "./run.ts";
import type { Site } from "./site.ts";

/** How long a reply can be had again. */
const keptMs = 24 * 60 * 60 * 1000;
const replayed = { "idempotency-replayed": "true" };

type Kept =
  | { readonly state: "running"; readonly hash: string; readonly leaseUntil: number }
  /** Without the body when that was too large to keep. */
  | { readonly state: "done"; readonly hash: string; readonly status: number; readonly body?: string };

/** Characters of a reply that are kept, for an authenticated caller and for a stranger. */
const keptCharactersMax = 1_048_576;
const strangersCharactersMax = 65_536;

export interface KeyedCall {
  readonly site: Site;
  /** Whose share of the store the reply takes. */
  readonly holder: string;
  /** Whose key it is and what it is for. */
  readonly scope: string;
  readonly key: string;
  readonly args: JsonObject;
  readonly leaseMs: number;
  /** Whether an interrupted run may simply be repeated. */
  readonly repeatable: boolean;
}

/** The caller's `Idempotency-Key` (IETF draft-ietf-httpapi-idempotency-key-header), checked. */
export function idempotencyKeyOf(exchange: Exchange): string | undefined {
  const key = exchange.header("idempotency-key");
  if (key === undefined) return undefined;
  if (/^[ -~]{1,255}$/.test(key)) return key;
  throw new SiteError("invalid_input", `Idempotency-Key must be 1–255 printable ASCII characters.`);
}

export const hashArguments = (place: string, args: JsonObject): Promise<string> =>
  sha256(`${place}\n${JSON.stringify(args)}`);

export const mismatch = () =>
  new SiteError(
    "idempotency_mismatch",
    `This Idempotency-Key was used with other arguments. Use a new key for a new request.`,
  );

export const replay = (body: string, status = 200): Reply => jsonReply(status, body, replayed);

/** Runs work under the key that was claimed for it, and keeps its reply. */
export type Keep = (work: () => MaybePromise<Reply>) => Promise<Reply>;

/**
 * Runs work once per key. A reply is kept when the work answered or refused, and when a handler that has run had no usable
 * answer; when it failed, the key is free again.
 * @param run called when the key is the caller's; a key that is not is refused before a stream could begin
 * @throws SiteError `idempotency_mismatch`, `idempotency_in_progress`, `step_outcome_unknown`, `unavailable`
 */
export async function once(call: KeyedCall, run: (keep: Keep) => MaybePromise<Reply>): Promise<Reply> {
  const { scope, key, args, leaseMs, holder, repeatable } = call;
  const { replies, now } = call.site;
  const id = `reply:${await sha256(`${scope}\n${key}`)}`;
  const hash = await hashArguments(scope, args);
  const expiresAt = now() + keptMs;
  const claim: Kept = { state: "running", hash, leaseUntil: now() + leaseMs };
  const claimText = JSON.stringify(claim);
  let version = 1;
  try {
    if (!(await replies.insert(id, { text: claimText, version }, expiresAt, holder))) {
      const found = await replies.read(id);
      if (!found) throw inProgress();
      const kept = JSON.parse(found.text) as Kept;
      if (kept.hash !== hash) throw mismatch();
      if (kept.state === "running" && kept.leaseUntil > now()) throw inProgress();
      if (kept.state === "done" && kept.body !== undefined) return replay(kept.body, kept.status);
      if (!repeatable) throw kept.state === "done" ? replyNotKept() : outcomeUnknown();
      version = found.version + 1;
      if (!(await replies.replace(id, { text: claimText, version }, found.version, expiresAt))) throw inProgress();
    }
  } catch (error) {
    if (!repeatable || (error as SiteError).code !== "unavailable") throw error;
    // No room to remember it in; running it again would do no harm.
    return run(async (work) => work());
  }
  const keep = (done: Kept) =>
    replies.replace(id, { text: JSON.stringify(done), version: version + 1 }, version, expiresAt);
  return run(async (work) => {
    let reply: Reply;
    let unusable: unknown;
    try {
      reply = await work();
    } catch (error) {
      const visible = toSiteError(error);
      unusable = !repeatable && error instanceof UnusableOutput && error;
      if (!unusable && (visible.status >= 500 || visible.status === 429)) {
        await replies.remove(id);
        throw error;
      }
      reply = errorReply(visible);
    }
    const { status } = reply;
    const body = reply.body as string;
    const charactersMax = holder.startsWith("subject:") ? keptCharactersMax : strangersCharactersMax;
    const bare: Kept = { state: "done", hash, status };
    if (body.length > charactersMax) await keep(bare);
    // A store that has no room for the reply has room for the word that it ran.
    else await keep({ ...bare, body }).catch(() => keep(bare));
    if (unusable) throw unusable;
    return reply;
  });
}

/** @param place where the session stands, for a step of one */
export const inProgress = (place?: SiteErrorOptions) =>
  new SiteError("idempotency_in_progress", "A request with this key is still running. Wait and repeat it.", {
    ...place,
    headers: { "retry-after": "1" },
  });

/** @param place where the session stands, for a step of one */
export const replyNotKept = (place?: SiteErrorOptions) =>
  new SiteError(
    "step_outcome_unknown",
    "A request with this key has run, but its reply was too large to be kept. Look at what it did before you use a new key.",
    place,
  );

const outcomeUnknown = () =>
  new SiteError(
    "step_outcome_unknown",
    "A request with this key was interrupted and may have taken effect. Check before you use a new key.",
  );
