import { encodeHeaderValue, envelopeNames, mcpHeaders, nameOfRequest, rpcCodes } from "@agentgate/protocol/mcp";
import { eventData } from "./event-data.ts";
import { messageLines, TOO_LONG } from "./message-lines.ts";

export interface BridgeOptions {
  /** Where the gateway serves MCP. */
  url: string;
  apiKey: string | undefined;
  /** From the client, one message a line. */
  input: AsyncIterable<Uint8Array>;
  /** To the client: settles when it can take more. */
  write(line: string): Promise<void>;
  /** In words, for whoever looks at the client's log; never to the client itself. */
  complain(sentence: string): void;
  fetch: typeof fetch;
}

/** Of a message: a gateway takes no larger one. */
const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;
/** Requests under way at once: a client that has more does not wait for their answers. */
const REQUESTS_MAX = 256;

type Json = Record<string, unknown>;

/** A request under way. */
interface Underway {
  abort: AbortController;
  /** It never ends by itself. */
  isSubscription: boolean;
  done: Promise<void>;
}

/**
 * Speaks MCP's stdio transport to a client and Streamable HTTP to a gateway. Messages go through as they are; what is added are the
 * headers that repeat what they say. A request that the client cancels, and each that is under way when it goes, is hung up on: that is
 * how a gateway is told.
 */
export class StdioBridge {
  readonly #options: BridgeOptions;
  readonly #underway = new Map<string, Underway>();
  /** What `initialize` was answered with. */
  #revision: string | undefined;

  constructor(options: BridgeOptions) {
    this.#options = options;
  }

  /** Settles when the client has closed its end and everything that ends by itself is answered, or when `stop` is aborted. */
  async run(stop: AbortSignal): Promise<void> {
    const stopped = new Promise<void>((resolve) => stop.addEventListener("abort", () => resolve(), { once: true }));
    const read = this.#read();
    if (!stop.aborted) await Promise.race([read, stopped]);
    for (const { abort, isSubscription } of this.#underway.values()) if (stop.aborted || isSubscription) abort.abort();
    const answered = () => Promise.all([...this.#underway.values()].map(({ done }) => done));
    await Promise.race([answered(), stopped]);
    for (const { abort } of this.#underway.values()) abort.abort();
    await answered();
  }

  async #read(): Promise<void> {
    for await (const line of messageLines(this.#options.input, MESSAGE_BYTES_MAX)) {
      if (line === TOO_LONG) await this.#refuse(undefined, rpcCodes.invalidRequest, "A message may have 4 MiB at most");
      else await this.#take(line);
    }
  }

  async #take(line: string): Promise<void> {
    const message = objectIn(line);
    const { method, params, id } = message ?? {};
    if (method === "notifications/cancelled" && isObject(params)) {
      // Hung up on, it is cancelled: there is nothing more to say.
      const cancelled = this.#underway.get(JSON.stringify(params.requestId));
      if (cancelled) return cancelled.abort.abort();
    }
    const isRequest = message === undefined || (method !== undefined && id !== undefined);
    const key = isRequest && id !== undefined ? JSON.stringify(id) : `#${crypto.randomUUID()}`;
    if (this.#underway.size >= REQUESTS_MAX) {
      if (isRequest) await this.#refuse(id, 429, `${REQUESTS_MAX} requests are under way; wait for answers`);
      return;
    }
    const abort = new AbortController();
    const done = this.#send(line, message, abort.signal)
      .catch((error) => this.#failed(error, { id, isRequest, isCancelled: abort.signal.aborted }))
      .finally(() => {
        if (this.#underway.get(key)?.abort === abort) this.#underway.delete(key);
      });
    this.#underway.set(key, { abort, isSubscription: method === "subscriptions/listen", done });
    // A session of the legacy era begins with its answer: what comes after it says what was agreed.
    if (method === "initialize") await done;
  }

  async #send(line: string, message: Json | undefined, signal: AbortSignal): Promise<void> {
    const { url, apiKey, fetch } = this.#options;
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
        ...this.#headersOf(message),
      },
      body: line,
      redirect: "error",
      signal,
    });
    const type = response.headers.get("content-type") ?? "";
    const isAsked = message?.id !== undefined && message.method !== undefined;
    if (type.startsWith("text/event-stream") && response.body) {
      let isAnswered = false;
      for await (const data of eventData(response.body)) {
        const told = objectIn(data);
        isAnswered ||=
          told !== undefined && told.method === undefined && JSON.stringify(told.id) === JSON.stringify(message?.id);
        await this.#tell(data, signal);
      }
      if (isAsked && !isAnswered) throw new Error("the gateway hung up before it had answered");
      return;
    }
    const text = (await response.text()).trim();
    const answer = objectIn(text);
    if (answer?.jsonrpc === "2.0") {
      if (message?.method === "initialize" && isObject(answer.result))
        this.#revision = textOf(answer.result.protocolVersion);
      return this.#tell(text, signal);
    }
    if (response.ok && !isAsked) return;
    const detail = typeof answer?.detail === "string" ? answer.detail : `it answered ${response.status}`;
    throw new Refused(response.ok ? 502 : response.status, `The gateway at ${url} did not take the message: ${detail}`);
  }

  /** What a modern request says of itself is repeated (SEP-2243); of the legacy era, what was agreed on. */
  #headersOf(message: Json | undefined): Record<string, string> {
    const { method, params } = message ?? {};
    const meta = isObject(params) && isObject(params._meta) ? params._meta : {};
    const version = textOf(meta[envelopeNames.protocolVersion]);
    if (version === undefined || typeof method !== "string") {
      return this.#revision === undefined ? {} : { [mcpHeaders.version]: this.#revision };
    }
    const name = nameOfRequest(method, params);
    return {
      [mcpHeaders.version]: encodeHeaderValue(version),
      [mcpHeaders.method]: encodeHeaderValue(method),
      ...(name !== undefined && { [mcpHeaders.name]: encodeHeaderValue(name) }),
    };
  }

  async #failed(
    error: unknown,
    { id, isRequest, isCancelled }: { id: unknown; isRequest: boolean; isCancelled: boolean },
  ): Promise<void> {
    if (isCancelled) return;
    const { url, complain } = this.#options;
    const refused = error instanceof Refused;
    const sentence = refused ? error.message : `The gateway at ${url} cannot be reached: ${reasonOf(error)}`;
    complain(sentence);
    if (isRequest) await this.#refuse(id, refused ? error.status : 503, sentence);
  }

  #refuse(id: unknown, code: number, message: string): Promise<void> {
    const answer = { jsonrpc: "2.0", ...(id !== undefined && { id }), error: { code, message } };
    return this.#options.write(`${JSON.stringify(answer)}\n`);
  }

  /** A line break in JSON stands between its parts alone. */
  async #tell(json: string, signal: AbortSignal): Promise<void> {
    if (!signal.aborted) await this.#options.write(`${json.replace(/[\r\n]+/g, " ")}\n`);
  }
}

/** What the gateway, or something before it, said in place of an answer. */
class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

function objectIn(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as { cause?: { code?: unknown; message?: unknown }; message?: string };
  return String(cause?.code ?? cause?.message ?? message);
}
