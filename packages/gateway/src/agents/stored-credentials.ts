import type { Dialer } from "../outbound/index.ts";
import { type Clock, createLruCache, hashKey } from "../runtime/index.ts";
import type { AgentCredential } from "./credential.ts";
import type { CredentialStore } from "./credentials.ts";

/** What the gateway shows an agent: header names and values, none when the agent asks for nothing. */
export interface AgentCredentials {
  /**
   * @param owner whose share the fetching of a token takes
   * @throws CredentialError when a token cannot be had
   */
  headersFor(agentId: string, owner: string): Record<string, string> | Promise<Record<string, string>>;
  /** The agent has answered 401: a token that was fetched is not shown again, for it may have been taken back. */
  refused(agentId: string): void;
}

/** The gateway could not authenticate. The message holds no secret. */
export class CredentialError extends Error {
  override readonly name = "CredentialError";
}

type OAuth2 = Extract<AgentCredential, { type: "oauth2" }>;

interface Token {
  value: string;
  /** On the monotonic clock, in milliseconds. */
  expiresAt: number;
}

const TOKENS_MAX = 1_000;
const TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 64 * 1024;
/** Of a token whose answer names no lifetime. */
const LIFETIME_DEFAULT_S = 300;
/** A token is not used in its last moments: it must outlive the way to the agent. */
const MARGIN_MS = 15_000;
const NONE: Record<string, string> = {};

/** Turns stored credentials into headers; OAuth 2 tokens are fetched once and shared until they end. */
export class StoredCredentials implements AgentCredentials {
  readonly #store: CredentialStore;
  readonly #dialer: Dialer;
  readonly #clock: Clock;
  readonly #tokens = createLruCache<string, Token>(TOKENS_MAX);
  readonly #fetching = new Map<string, Promise<Token>>();

  constructor(store: CredentialStore, dialer: Dialer, clock: Clock) {
    this.#store = store;
    this.#dialer = dialer;
    this.#clock = clock;
  }

  headersFor(agentId: string, owner: string): Record<string, string> | Promise<Record<string, string>> {
    const found = this.#store.find(agentId);
    if (found instanceof Promise) return found.then((credential) => this.headersOf(credential, owner));
    return this.headersOf(found, owner);
  }

  refused(agentId: string): void {
    const found = this.#store.find(agentId);
    if (!(found instanceof Promise) && found?.type === "oauth2") this.#tokens.delete(keyOf(found));
  }

  /** The same of a credential that is not kept yet. @throws CredentialError */
  headersOf(
    credential: AgentCredential | undefined,
    owner: string,
  ): Record<string, string> | Promise<Record<string, string>> {
    switch (credential?.type) {
      case undefined:
        return NONE;
      case "header":
        return { [credential.name.toLowerCase()]: credential.value };
      case "bearer":
        return { authorization: `Bearer ${credential.token}` };
      case "oauth2":
        return this.#token(credential, owner).then(({ value }) => ({ authorization: `Bearer ${value}` }));
    }
  }

  async #token(credential: OAuth2, owner: string): Promise<Token> {
    const key = keyOf(credential);
    const kept = this.#tokens.get(key);
    if (kept && kept.expiresAt > this.#clock.monotonic()) return kept;
    let fetching = this.#fetching.get(key);
    if (!fetching) {
      fetching = this.#fetch(credential, owner).finally(() => this.#fetching.delete(key));
      this.#fetching.set(key, fetching);
    }
    const token = await fetching;
    this.#tokens.set(key, token);
    return token;
  }

  /** RFC 6749, sections 2.3.1 and 4.4; RFC 8707. */
  async #fetch({ token_url, client_id, client_secret, scope, resource }: OAuth2, owner: string): Promise<Token> {
    const basic = Buffer.from(`${encodeURIComponent(client_id)}:${encodeURIComponent(client_secret)}`).toString(
      "base64",
    );
    const call = this.#dialer.send({
      url: token_url,
      method: "POST",
      headers: {
        authorization: `Basic ${basic}`,
        "content-type": "application/x-www-form-urlencoded",
        accept: "application/json",
      },
      body: new URLSearchParams({
        grant_type: "client_credentials",
        ...(scope && { scope }),
        ...(resource && { resource }),
      }).toString(),
      timeoutMs: TIMEOUT_MS,
      maxResponseBytes: ANSWER_BYTES_MAX,
      owner,
    });
    const { status, body } = await call.response.catch(() => {
      throw new CredentialError("The agent's token endpoint cannot be reached");
    });
    const answer = status === 200 ? parsed(body) : undefined;
    const value = answer?.access_token;
    if (typeof value !== "string" || !/^[\x21-\x7e]+$/.test(value)) {
      throw new CredentialError(`The agent's token endpoint gave no token (HTTP ${status})`);
    }
    const lifetimeMs = (Number(answer?.expires_in) || LIFETIME_DEFAULT_S) * 1000;
    return { value, expiresAt: this.#clock.monotonic() + Math.max(lifetimeMs - MARGIN_MS, lifetimeMs / 2) };
  }
}

const keyOf = (credential: OAuth2): string => hashKey(JSON.stringify(credential));

function parsed(body: Buffer): { access_token?: unknown; expires_in?: unknown } | undefined {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}
