import type { FastifyRequest } from "fastify";
import { actions, orgOf, scopeOf } from "../access/index.ts";
import { invalidApiKey, type Principal, Problem } from "../http/index.ts";
import type { RateLimiter } from "../limits/index.ts";
import type { OrgRegistry, Principals } from "../orgs/index.ts";
import { hashKey, type NetworkOf, plainAddress } from "../runtime/index.ts";
import type { FoundSession } from "./session-finder.ts";
import type { Sessions } from "./sessions.ts";
import type { SignInCodes } from "./sign-in-codes.ts";

export interface SignInOptions {
  sessions: Sessions;
  codes: SignInCodes;
  principals: Pick<Principals, "findHashed">;
  orgs: Pick<OrgRegistry, "find">;
  limiter: RateLimiter;
  networkOf: NetworkOf;
}

/** What is shown to begin a session. */
export interface Shown {
  key?: string | undefined;
  code?: string | undefined;
}

/** Tries of one address, good ones too. */
const TRIES = { rate: 0.2, burst: 20 };

/** Begins sessions. */
export class SignIn {
  readonly #options: SignInOptions;

  constructor(options: SignInOptions) {
    this.#options = options;
  }

  /**
   * A session of the key, or of the key that the code is of.
   * @throws Problem 401 for what begins none, 403 for a key that may not be shown from here, 429
   */
  async begin(
    { key, code }: Shown,
    { ip, headers }: FastifyRequest,
  ): Promise<{ token: string; caller: Principal; begun: FoundSession }> {
    const { sessions, codes, principals } = this.#options;
    await this.#demandPatience(ip);
    const keyHash = key === undefined ? await codes.redeem(code) : hashKey(key);
    if (keyHash === undefined) throw codeEnded();
    const caller = actions.openSessions.admit(await principals.findHashed(keyHash), ip);
    if (!caller) throw invalidApiKey();
    const { session, token } = await sessions.begin(keyHash, scopeOf(caller), {
      clientIp: plainAddress(ip),
      userAgent: headers["user-agent"],
    });
    const onEnded: FoundSession["onEnded"] = (listener) => sessions.onEnded(session, listener);
    return { token, caller, begun: { session, caller, keyHash, onEnded } };
  }

  /** Whose session a code would begin, as a person knows them; undefined for one that begins none. */
  async offerOf(code: string | undefined): Promise<{ code: string; whose: string } | undefined> {
    const { codes, principals } = this.#options;
    const keyHash = await codes.peek(code);
    const caller = keyHash === undefined ? undefined : await principals.findHashed(keyHash);
    if (code === undefined || !caller) return undefined;
    return { code, whose: (await this.orgNameOf(caller)) ?? "the admin" };
  }

  async orgNameOf(caller: Principal): Promise<string | undefined> {
    const orgId = orgOf(caller);
    return orgId === undefined ? undefined : ((await this.#options.orgs.find(orgId))?.name ?? orgId);
  }

  async #demandPatience(ip: string): Promise<void> {
    const { limiter, networkOf } = this.#options;
    const taken = await limiter.take(`sign-in:${networkOf(plainAddress(ip))}`, TRIES);
    if (taken.allowed) return;
    const seconds = taken.retryAfterSeconds;
    throw new Problem(429, `Too many sign-ins from this address; retry in ${seconds} s`, {
      headers: { "retry-after": `${seconds}` },
    });
  }
}

const codeEnded = () =>
  new Problem(401, "This sign-in link was used, or its time is over: ask for another, or sign in with a key", {
    code: "code_ended",
  });
