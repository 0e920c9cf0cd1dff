import { fetchFailure } from "../../fetch-failure.ts";
import { GatewayError, toGatewayError } from "../errors/index.ts";
import { Deadline } from "./deadline.ts";
import { nextQuery } from "./pages.ts";
import { randomId } from "./random-id.ts";
import { readAnswer } from "./read-answer.ts";
import { type GatewayRequest, queryString } from "./request.ts";
import { retryPause } from "./retry.ts";
import type { ServerSentEvent } from "./server-sent-events.ts";
import { type GatewayTiming, realTiming } from "./timing.ts";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface TransportOptions {
  baseUrl: string;
  apiKey?: string | undefined;
  fetch?: Fetch | undefined;
  timeoutMs?: number | undefined;
  retries?: number | undefined;
  answerCharactersMax?: number | undefined;
  entriesMax?: number | undefined;
  timing?: Partial<GatewayTiming> | undefined;
}

type Answer<T> = { value: T; response: Response };

const TIMEOUT_MS = 30_000;
const RETRIES = 2;
/** The gateway sends a comment every 15 s: after three of them are missing the connection is dead. */
const STREAM_SILENCE_MS = 50_000;
/** More than the gateway takes from an agent by default. */
const ANSWER_CHARACTERS_MAX = 32 * 1024 * 1024;
const ENTRIES_MAX = 200_000;
/** However few entries they hold. */
const PAGES_MAX = 10_000;

/** Sends calls to one gateway: address, key, deadline, repetitions, errors. */
export class GatewayTransport {
  readonly #baseUrl: string;
  readonly #apiKey: string | undefined;
  readonly #fetch: Fetch;
  readonly #timeoutMs: number;
  readonly #charactersMax: number;
  readonly #entriesMax: number;
  readonly #underWay = new Set<Deadline>();
  /** How often a call is repeated where that is safe. */
  readonly retries: number;
  readonly timing: GatewayTiming;
  #closed: GatewayError | undefined;

  /** @throws TypeError when the base URL is not an http(s) URL */
  constructor(options: TransportOptions) {
    const { baseUrl, apiKey, fetch, timeoutMs = TIMEOUT_MS, retries = RETRIES } = options;
    if (!/^https?:\/\//i.test(baseUrl) || !URL.canParse(baseUrl)) {
      throw new TypeError(`baseUrl must start with http:// or https://: ${baseUrl}`);
    }
    this.#baseUrl = baseUrl.replace(/\/+$/, "");
    this.#apiKey = apiKey;
    this.#fetch = fetch ?? ((url, init) => globalThis.fetch(url, init));
    this.#timeoutMs = timeoutMs;
    this.retries = retries;
    this.#charactersMax = options.answerCharactersMax ?? ANSWER_CHARACTERS_MAX;
    this.#entriesMax = options.entriesMax ?? ENTRIES_MAX;
    this.timing = { ...realTiming, ...options.timing };
  }

  get apiKey(): string | undefined {
    return this.#apiKey;
  }

  /** Ends what is under way; from then on every call is refused. */
  close(): void {
    this.#closed ??= new GatewayError("closed", "The client was closed");
    for (const deadline of this.#underWay) deadline.abort(this.#closed);
  }

  /** The answer's JSON; undefined when it has no body. @throws {@link GatewayError} */
  async json<T>(request: GatewayRequest): Promise<T> {
    return (await this.answer<T>(request)).value;
  }

  /** An answer without content. @throws {@link GatewayError} */
  async none(request: GatewayRequest): Promise<void> {
    await this.text(request);
  }

  /** The answer's JSON, a list. @throws {@link GatewayError} */
  async list<T>(request: GatewayRequest): Promise<T[]> {
    const { value, response } = await this.answer(request);
    return this.#entriesIn(value, response);
  }

  /** The answer's JSON, a list, with the pages that follow it, up to the query's `limit` if it has one. @throws {@link GatewayError} */
  async pages<T>(request: GatewayRequest, member?: string): Promise<T[]> {
    const all: T[] = [];
    const limit = request.query?.limit === undefined ? Number.POSITIVE_INFINITY : Number(request.query.limit);
    for await (const { value, response } of this.#pagesOf<T[]>(request, () => limit - all.length)) {
      const entries = this.#entriesIn<T>(value, response, member);
      for (const entry of entries) all.push(entry);
      this.#demandFew(all.length < limit ? all.length : 0);
      if (entries.length === 0) break;
    }
    return all.slice(0, limit);
  }

  /** The answer's JSON, an object that holds some of many entries, with the pages that follow it. @throws {@link GatewayError} */
  async *objects<T>(request: GatewayRequest): AsyncGenerator<T, void> {
    for await (const { value } of this.#pagesOf<T>(request)) yield value;
  }

  /**
   * Each entry of a list, page by page as they are taken. Where pages are counted off, what moved onto the next one meanwhile comes once.
   * @param member of the answer that has the entries, where the answer is no list
   * @throws {@link GatewayError}
   */
  async *each<T>(request: GatewayRequest, member?: string): AsyncGenerator<T, void> {
    let before = new Set<unknown>();
    for await (const { value, response } of this.#pagesOf<T[]>(request, undefined, Number.POSITIVE_INFINITY)) {
      const entries = this.#entriesIn<T>(value, response, member);
      const ids = entries.map((entry) => (entry as { id?: unknown }).id);
      for (const [index, entry] of entries.entries())
        if (ids[index] === undefined || !before.has(ids[index])) yield entry;
      before = new Set(ids);
    }
  }

  async *#pagesOf<T>(
    request: GatewayRequest,
    left = () => Number.POSITIVE_INFINITY,
    pagesMax = PAGES_MAX,
  ): AsyncGenerator<Answer<T>, void> {
    let { query } = request;
    for (let pages = 0; ; pages++) {
      if (pages === pagesMax) throw this.#tooMany(`${pagesMax} pages`);
      const page = await this.answer<T>({ ...request, query });
      yield page;
      const next = nextQuery(page.response.headers.get("link"), page.value, query);
      if (!next || left() <= 0 || queryString(next) === queryString(query)) return;
      query = left() < Number(next.limit ?? 0) ? { ...next, limit: left() } : next;
    }
  }

  /** The answer's JSON with the answer itself. @throws {@link GatewayError} */
  async answer<T>(request: GatewayRequest): Promise<Answer<T>> {
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
    const deadline = this.#begin(request);
    try {
      return await this.#exchange(request, deadline, async (response) => ({
        response,
        text: await readAnswer(response, this.#charactersMax),
      }));
    } finally {
      this.#end(deadline);
    }
  }

  /**
   * The answer's server-sent events. The deadline covers the time until they begin; then only silence ends them. Leaving
   * the loop early cancels the call. @throws {@link GatewayError}
   */
  async *events(request: GatewayRequest): AsyncGenerator<ServerSentEvent, void> {
    const { serverSentEventParser } = await import("./server-sent-events.ts");
    const parse = serverSentEventParser(
      this.#charactersMax,
      () => new RangeError(`an event has more than ${this.#charactersMax} characters`),
    );
    const headers = { accept: "text/event-stream", ...request.headers };
    yield* this.#streamed({ ...request, headers }, parse);
  }

  /**
   * The answer's text, piece by piece as it comes, however long it is. The deadline covers the time until it begins; then only silence
   * ends it. Leaving the loop early cancels the call. @throws {@link GatewayError}
   */
  pieces(request: GatewayRequest): AsyncGenerator<string, void> {
    return this.#streamed(request, (text) => (text === "" ? [] : [text]));
  }

  async *#streamed<T>(request: GatewayRequest, read: (text: string) => Iterable<T>): AsyncGenerator<T, void> {
    const deadline = this.#begin(request);
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
    try {
      const response = await this.#exchange(request, deadline, (response) => response);
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
      this.#end(deadline);
      await reader?.cancel().catch(() => {});
    }
  }

  /** Sends the request, again where that is safe and time is left, and reads the answer once it is one of success. */
  async #exchange<T>(
    request: GatewayRequest,
    deadline: Deadline,
    read: (response: Response) => T | Promise<T>,
  ): Promise<T> {
    const { once, retries = this.retries } = request;
    const headers: GatewayRequest["headers"] = { ...request.headers };
    const isMinted = once && retries > 0 && headers["idempotency-key"] === undefined;
    if (isMinted) headers["idempotency-key"] = randomId();
    let isLost = false;
    for (let attempt = 0; ; attempt++) {
      try {
        const response = await this.#send({ ...request, headers }, deadline.signal);
        if (response.ok) return await read(response);
        throw toGatewayError(response, await readAnswer(response, this.#charactersMax));
      } catch (thrown) {
        const error = this.#explain(thrown, deadline);
        if (!GatewayError.isInstance(error) || attempt >= retries) throw error;
        // Done by an earlier attempt, whose answer was lost.
        if (isLost && request.method === "DELETE" && error.status === 404) return await read(new Response());
        isLost ||= error.retryAfterSeconds === undefined;
        // The gateway has no room for one more key: then without, as it is this side's own.
        const isFull = isMinted && error.code === "idempotency_full";
        if (isFull) headers["idempotency-key"] = undefined;
        const pause = isFull ? 0 : retryPause(error, { ...request, headers }, attempt, this.timing.random());
        if (pause === undefined || pause > deadline.left) throw error;
        await this.timing.sleep(pause, deadline.signal).catch((reason) => {
          throw this.#explain(reason, deadline);
        });
      }
    }
  }

  #begin({ timeoutMs = this.#timeoutMs, signal }: GatewayRequest): Deadline {
    if (this.#closed) throw this.#closed;
    const deadline = new Deadline(timeoutMs, signal, this.timing);
    this.#underWay.add(deadline);
    return deadline;
  }

  #end(deadline: Deadline): void {
    deadline.pause();
    this.#underWay.delete(deadline);
  }

  async #send(request: GatewayRequest, signal: AbortSignal): Promise<Response> {
    const { method = "GET", path, query, body, apiKey = this.#apiKey, headers } = request;
    const json = body === undefined || body instanceof FormData ? undefined : JSON.stringify(body);
    const all = {
      accept: "application/json",
      "content-type": json && "application/json",
      authorization: apiKey && `Bearer ${apiKey}`,
      ...headers,
    };
    const given = Object.entries(all).filter((entry): entry is [string, string] => !!entry[1]);
    const init: RequestInit = { method, headers: Object.fromEntries(given), redirect: "manual", signal };
    if (body !== undefined) init.body = json ?? (body as FormData);

    const response = await this.#fetch(`${this.#baseUrl}${path}${queryString(query)}`, init);
    if (response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400)) {
      await response.body?.cancel();
      const location = response.headers.get("location");
      const message = `${this.#baseUrl} redirects${location ? ` to ${location}` : ""}: use that address as baseUrl`;
      throw new GatewayError("redirected", message, { status: response.status });
    }
    return response;
  }

  #entriesIn<T>(value: unknown, response: Response, member = "entries"): T[] {
    const list = Array.isArray(value) ? value : (Object(value) as Record<string, unknown>)[member];
    if (!Array.isArray(list)) throw this.#misunderstood(response, "answered something else than a list");
    return list;
  }

  #demandFew(count: number): void {
    if (count > this.#entriesMax) throw this.#tooMany(`${this.#entriesMax} entries`);
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
