import { Problem } from "../http/index.ts";
import type { RateLimiter } from "../limits/index.ts";
import { type Dialer, OutboundError } from "../outbound/index.ts";
import { type Clock, ShareCache } from "../runtime/index.ts";
import { isLoopback, type PlatformProfile, readProfile } from "./platform-profile.ts";
import { refusal } from "./refusal.ts";

export interface PlatformProfilesOptions {
  dialer: Dialer;
  limiter: RateLimiter;
  clock: Clock;
  /** Lets platforms live on loopback, by http: for development. */
  allowPrivateNetworks: boolean;
}

interface Kept {
  outcome: PlatformProfile | Problem;
  until: number;
}

const MIB = 2 ** 20;
const PROFILE_BYTES_MAX = 262_144;
const TIMEOUT_MS = 5_000;
/** A profile is fresh so long at least, and at most. */
const FRESH_MS = { least: 60_000, most: 3_600_000 };
/** What could not be had is asked for again after this. */
const FAILED_MS = 10_000;
/** Fetches of one caller, and of all. */
const LIMITS = { each: { rate: 1, burst: 20 }, all: { rate: 50, burst: 200 } };
/** What is kept of a profile is a part of its text. */
const bytesOf = (length: number): number => 1_000 + 2 * length;

/** The profiles of the platforms that ask: fetched by the one dialer, without redirects, and kept for a while. */
export class PlatformProfiles {
  readonly #options: PlatformProfilesOptions;
  readonly #kept = new ShareCache<Kept>({ bytesMax: 16 * MIB, perOwner: MIB });
  readonly #fetching = new Map<string, Promise<PlatformProfile | Problem>>();

  constructor(options: PlatformProfilesOptions) {
    this.#options = options;
  }

  /** @param owner who asks: the organization, or the address @throws Problem as the protocol has it */
  async find(url: string, owner: string): Promise<PlatformProfile> {
    const { clock } = this.#options;
    const kept = this.#kept.get(url);
    if (kept && kept.until > clock.monotonic()) return demand(kept.outcome);
    const fetching = this.#fetching.get(url) ?? this.#fetch(url, owner).finally(() => this.#fetching.delete(url));
    this.#fetching.set(url, fetching);
    return demand(await fetching);
  }

  async #fetch(url: string, owner: string): Promise<PlatformProfile | Problem> {
    const { limiter, dialer, clock, allowPrivateNetworks } = this.#options;
    demandHttps(url, allowPrivateNetworks);
    for (const [key, limit] of [
      [`ucp-profiles:${owner}`, LIMITS.each],
      ["ucp-profiles", LIMITS.all],
    ] as const) {
      const { allowed, retryAfterSeconds } = await limiter.take(key, limit);
      // Not kept: somebody else may ask for it at once.
      if (!allowed)
        return refusal(503, "unavailable", "Too many platforms' profiles at once; repeat the request", {
          "retry-after": `${retryAfterSeconds}`,
        });
    }
    let outcome: PlatformProfile | Problem;
    let freshMs = FAILED_MS;
    let length = 0;
    try {
      const headers = { accept: "application/json", "user-agent": "AgentGate-UCP" };
      const request = {
        url,
        method: "GET",
        headers,
        timeoutMs: TIMEOUT_MS,
        maxResponseBytes: PROFILE_BYTES_MAX,
        owner,
      } as const;
      const { status, headers: told, body } = await dialer.send(request).response;
      if (status !== 200)
        throw unreachable(status >= 300 && status < 400 ? "it redirects, which is not followed" : `status ${status}`);
      outcome = readProfile(body.toString("utf8"));
      length = body.length;
      freshMs = freshness(told["cache-control"]);
    } catch (error) {
      if (error instanceof OutboundError && ["busy", "no_room", "aborted"].includes(error.kind)) {
        return refusal(503, "unavailable", "The platform's profile cannot be fetched right now; repeat the request", {
          "retry-after": "1",
        });
      }
      outcome = asProblem(error);
    }
    this.#kept.set(url, { outcome, until: clock.monotonic() + freshMs }, owner, bytesOf(length));
    return outcome;
  }
}

function demand(outcome: PlatformProfile | Problem): PlatformProfile {
  if (outcome instanceof Problem) throw outcome;
  return outcome;
}

/** @throws Problem 400 */
function demandHttps(text: string, allowPrivateNetworks: boolean): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url.hostname) && allowPrivateNetworks))
    return;
  throw refusal(400, "invalid_profile_url", "The profile in UCP-Agent has to be an https URL");
}

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (!(error instanceof OutboundError)) throw error;
  if (error.kind === "invalid_request" || error.kind === "refused_address") {
    return refusal(400, "invalid_profile_url", `The profile in UCP-Agent cannot be fetched: ${error.message}`);
  }
  return unreachable(error.message);
}

const unreachable = (why: string) =>
  refusal(424, "profile_unreachable", `The profile in UCP-Agent cannot be had: ${why}`);

/** By the answer's Cache-Control, within bounds. */
function freshness(header: string | string[] | undefined): number {
  const [, seconds] = /(?:^|[\s,])max-age=(\d{1,9})/i.exec([header ?? ""].flat().join(", ")) ?? [];
  return Math.min(FRESH_MS.most, Math.max(FRESH_MS.least, Number(seconds ?? 0) * 1000));
}
