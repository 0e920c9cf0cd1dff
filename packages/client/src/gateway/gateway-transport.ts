import { fetchFailure } from "../fetch-failure.ts";
import { GatewayError } from "./gateway-error.ts";
import { toGatewayError } from "./problem-error.ts";
import { readAnswer } from "./read-answer.ts";
import { type ServerSentEvent, serverSentEventParser } from "./server-sent-events.ts";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface CallOptions {
  /** Ends the call; it then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Milliseconds this call may take, instead of the client's `timeoutMs`. */
  timeoutMs?: number | undefined;
}

export interface GatewayRequest extends CallOptions {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** From the gateway's base, with a leading slash. */
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  /** Sent as JSON, or as it is when it is a form. */
  body?: unknown;
  /** Bearer key of this call instead of the client's. */
  apiKey?: string | undefined;
  headers?: Record<string, string | undefined>;
}

export interface TransportOptions {
  baseUrl: string;
  apiKey?: string | undefined;
  fetch?: Fetch | undefined;
  timeoutMs?: number | undefined;
  answerCharactersMax?: number | undefined;
  entriesMax?: number | undefined;
}

const TIMEOUT_MS = 30_000;
/** The gateway sends a comment every 15 s: after three of them are missing the connection is dead. */
const STREAM_SILENCE_MS = 50_000;
/** More than the gateway takes from an agent by default. */
const ANSWER_CHARACTERS_MAX = 32 * 1024 * 1024;
const ENTRIES_MAX = 200_000;
/** However few entries they hold. */
const PAGES_MAX = 10_000;

/** Sends calls to one gateway: address, key, deadline, errors. */
export class GatewayTransport {
  readonly #baseUrl: string;
  readonly #apiKey: string | undefined;
  readonly #fetch: Fetch;
  readonly #timeoutMs: number;
  readonly #charactersMax: number;
  readonly #entriesMax: number;

  /** @throws TypeError when the base URL is not an http(s) URL */
  constructor(options: TransportOptions) {
    const { baseUrl, apiKey, fetch, timeoutMs = TIMEOUT_MS } = options;
    if (!/^https?:\/\//i.test(baseUrl) || !URL.canParse(baseUrl)) {
      throw new TypeError(`baseUrl must start with http:// or https://: ${baseUrl}`);
    }
    this.#baseUrl = baseUrl.replace(/\/+$/, "");
    this.#apiKey = apiKey;
    this.#fetch = fetch ?? ((url, init) => globalThis.fetch(url, init));
    this.#timeoutMs = timeoutMs;
    this.#charactersMax = options.answerCharactersMax ?? ANSWER_CHARACTERS_MAX;
    this.#entriesMax = options.entriesMax ?? ENTRIES_MAX;
  }

  get apiKey(): string | undefined {
    return this.#apiKey;
  }

  /** The answer's JSON; undefined when it has no body. @throws {@link GatewayError} */
  async json<T>(request: GatewayRequest): Promise<T> {
    return (await this.answer<T>(request)).value;
  }

  /** The answer's JSON, a list. @throws {@link GatewayError} */
  async list<T>(request: GatewayRequest): Promise<T[]> {
    const { value, response } = await this.answer<T[]>(request);
    if (!Array.isArray(value)) throw this.#misunderstood(response, "answered something else than a list");
    return value;
  }

  /** The answer's JSON, a list, with the pages that follow it, up to the query's `limit` if it has one. @throws {@link GatewayError} */
  async pages<T>(request: GatewayRequest): Promise<T[]> {
    const all: T[] = [];
    const limit = request.query?.limit === undefined ? Number.POSITIVE_INFINITY : Number(request.query.limit);
    for await (const { value, response } of this.#pagesOf<T[]>(request, () => limit - all.length)) {
      if (!Array.isArray(value)) throw this.#misunderstood(response, "answered something else than a list");
      for (const item of value) all.push(item);
      if (all.length > this.#entriesMax && all.length < limit) throw this.#tooMany(`${this.#entriesMax} entries`);
      if (value.length === 0) break;
    }
    return all.slice(0, limit);
  }

  /** The answer's JSON, an object that holds some of many entries, with the pages that follow it. @throws {@link GatewayError} */
  async *objects<T>(request: GatewayRequest): AsyncGenerator<T, void> {
    for await (const { value } of this.#pagesOf<T>(request, () => Number.POSITIVE_INFINITY)) yield value;
  }

  async *#pagesOf<T>(
    request: GatewayRequest,
    left: () => number,
  ): AsyncGenerator<{ value: T; response: Response }, void> {
    let { query } = request;
    for (let pages = 0; ; pages++) {
      if (pages === PAGES_MAX) throw this.#tooMany(`${PAGES_MAX} pages`);
      const page = await this.answer<T>({ ...request, ...(query && { query }) });
      yield page;
      const next = nextQuery(page.response.headers.get("link"));
      if (!next || left() <= 0 || queryString(next) === queryString(query)) return;
      query = left() < Number(next.limit ?? 0) ? { ...next, limit: left() } : next;
    }
  }

  /** The answer's JSON with the answer itself. @throws {@link GatewayError} */
  async answer<T>(request: GatewayRequest): Promise<{ value: T; response: Response }> {
    const { response, text } = await this.text(request);
    if (text === "") return { value: undefined as T, response };
    try {
      return { value: JSON.parse(text) as T, response };
    } catch (cause) {
      throw this.#misunderstood(response, "did not answer JSON", cause);
    }
  }

  /** The answer as text. @throws {@link GatewayError} */
  async text(request: GatewayRequest): Promise<{ response: Response; text: string }> {
    const init = this.#prepare(request);
    const deadline = new Deadline(request.timeoutMs ?? this.#timeoutMs, request.signal);
    try {
      const response = await this.#send(request, { ...init, signal: deadline.signal });
      const text = await readAnswer(response, this.#charactersMax);
      if (!response.ok) throw toGatewayError(response, text);
      return { response, text };
    } catch (error) {
      throw this.#explain(error, deadline);
    } finally {
      deadline.end();
    }
  }

  /**
   * The answer's server-sent events. The deadline covers the time until they begin; then only silence ends them. Leaving
   * the loop early cancels the call. @throws {@link GatewayError}
   */
  async *events(request: GatewayRequest): AsyncGenerator<ServerSentEvent, void> {
    const parse = serverSentEventParser(
      this.#charactersMax,
      () => new RangeError(`an event has more than ${this.#charactersMax} characters`),
    );
    yield* this.#streamed(request, parse);
  }

  /**
   * The answer's text, piece by piece as it comes, however long it is. The deadline covers the time until it begins; then only silence
   * ends it. Leaving the loop early cancels the call. @throws {@link GatewayError}
   */
  pieces(request: GatewayRequest): AsyncGenerator<string, void> {
    return this.#streamed(request, (text) => (text === "" ? [] : [text]));
  }

  async *#streamed<T>(request: GatewayRequest, read: (text: string) => Iterable<T>): AsyncGenerator<T, void> {
    const init = this.#prepare(request);
    const deadline = new Deadline(request.timeoutMs ?? this.#timeoutMs, request.signal);
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
    try {
      const response = await this.#send(request, { ...init, signal: deadline.signal });
      if (!response.ok) throw toGatewayError(response, await readAnswer(response, this.#charactersMax));
      reader = response.body?.getReader();
      const decoder = new TextDecoder();
      for (;;) {
        deadline.restart(STREAM_SILENCE_MS);
        const chunk = await reader?.read();
        if (!chunk || chunk.done) return;
        // While the consumer works on what came, no time runs.
        deadline.pause();
        yield* read(decoder.decode(chunk.value, { stream: true }));
      }
    } catch (error) {
      throw this.#explain(error, deadline);
    } finally {
      deadline.end();
      await reader?.cancel().catch(() => {});
    }
  }

  #prepare({ method = "GET", body, apiKey = this.#apiKey, headers = {} }: GatewayRequest): RequestInit {
    const plain = body === undefined || body instanceof FormData;
    const all = {
      accept: "application/json",
      "content-type": plain ? undefined : "application/json",
      authorization: apiKey ? `Bearer ${apiKey}` : undefined,
      ...headers,
    };
    const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const init: RequestInit = { method, headers: Object.fromEntries(given), redirect: "manual" };
    if (body !== undefined) init.body = plain ? (body as FormData) : JSON.stringify(body);
    return init;
  }

  async #send({ path, query }: GatewayRequest, init: RequestInit): Promise<Response> {
    const response = await this.#fetch(`${this.#baseUrl}${path}${queryString(query)}`, init);
    if (response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400)) {
      await response.body?.cancel();
      const location = response.headers.get("location");
      const message = `${this.#baseUrl} redirects${location ? ` to ${location}` : ""}: use that address as baseUrl`;
      throw new GatewayError("redirected", message, { status: response.status });
    }
    return response;
  }

  #tooMany(what: string): GatewayError {
    const message = `${this.#baseUrl} lists more than ${what}: ask for some of them with limit and offset`;
    return new GatewayError("invalid_response", message);
  }

  #misunderstood({ status, headers }: Response, what: string, cause?: unknown): GatewayError {
    const requestId = headers.get("x-request-id") ?? undefined;
    const message = `${this.#baseUrl} ${what}. Is it an AgentGate gateway?`;
    return new GatewayError("invalid_response", message, { status, requestId, cause });
  }

  #explain(error: unknown, deadline: Deadline): unknown {
    if (deadline.passed) {
      return new GatewayError("timeout", `${this.#baseUrl} did not answer within ${deadline.passed} ms`, {
        cause: error,
      });
    }
    if (deadline.signal.aborted) return deadline.signal.reason;
    if (GatewayError.isInstance(error)) return error;
    if (error instanceof RangeError) {
      return new GatewayError("invalid_response", `${this.#baseUrl} sent too much: ${error.message}`, { cause: error });
    }
    return new GatewayError("unreachable", `Cannot reach ${this.#baseUrl}: ${fetchFailure(error)}`, { cause: error });
  }
}

/** One abort signal out of a time limit and the caller's own signal. */
class Deadline {
  readonly signal: AbortSignal;
  /** The limit, in milliseconds, once it has passed. */
  passed: number | undefined;
  readonly #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(timeoutMs: number, outer: AbortSignal | undefined) {
    this.signal = outer ? AbortSignal.any([outer, this.#controller.signal]) : this.#controller.signal;
    this.restart(timeoutMs);
  }

  restart(timeoutMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.passed = timeoutMs;
      this.#controller.abort();
    }, timeoutMs);
  }

  pause(): void {
    clearTimeout(this.#timer);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

function queryString(query: GatewayRequest["query"] = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, `${value}`);
  return parameters.size > 0 ? `?${parameters}` : "";
}

/** What the gateway's `Link` header asks for next (RFC 8288). Its path counts for nothing: the gateway may stand behind another one. */
function nextQuery(link: string | null): Record<string, string> | undefined {
  const [, target] = /<([^>]*)>\s*;\s*rel="?next"?/.exec(link ?? "") ?? [];
  if (target === undefined) return undefined;
  const at = target.indexOf("?");
  return Object.fromEntries(new URLSearchParams(at < 0 ? "" : target.slice(at + 1)));
}
