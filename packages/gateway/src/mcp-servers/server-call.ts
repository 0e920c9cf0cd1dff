import {
  type Dialer,
  KeptBytes,
  OutboundError,
  type OutboundHeaders,
  type OutboundStreamResponse,
  readEvents,
} from "../outbound/index.ts";
import type { Clock, Random } from "../runtime/index.ts";
import { headerValue } from "./header-value.ts";
import { NoticePace } from "./notice-pace.ts";
import type { ServerAnswer, ServerPlace, ServerRequest, UnderWay } from "./request.ts";
import { META, type ServerSpeech } from "./revisions.ts";
import { ServerError, ServerFault, ServerFlood, ServerStatusError } from "./server-error.ts";
import { isObject, type JsonObject, messagesIn } from "./server-message.ts";

/** A stream may carry progress beside the one answer. */
const STREAM_ANSWERS = 4;
/** What a server may ask back in one call; further requests are left unanswered. */
const ASKED_BACK_MAX = 16;
const SIDE_TIMEOUT_MS = 5_000;
const SIDE_BYTES_MAX = 64 * 1024;
const SESSION_LENGTH_MAX = 1024;
/** A session's stream is opened anew after an hour, by the next call in it. */
const LISTEN_MS = 3_600_000;
const LISTEN_BYTES_MAX = 16 * 1_048_576;
const LISTEN_MESSAGE_BYTES_MAX = 1_048_576;

/** Who asks, as servers are told. */
export interface ClientInfo {
  name: string;
  version: string;
}

export interface ServerCallOptions {
  dialer: Dialer;
  clock: Pick<Clock, "monotonic">;
  random: Random;
  client: ClientInfo;
}

/** One request to an MCP server over Streamable HTTP, in either era. */
export class ServerCalls {
  readonly #options: ServerCallOptions;
  readonly #pace: NoticePace;

  constructor(options: ServerCallOptions) {
    this.#options = options;
    this.#pace = new NoticePace(options.clock);
  }

  /**
   * Rejects with ServerError (the server's own), ServerStatusError, ServerFault or OutboundError. An abort closes the connection, which
   * tells a modern server to stop; a legacy one is sent a notification.
   */
  ask(request: ServerRequest): UnderWay<ServerAnswer> {
    const { dialer, random } = this.#options;
    const { place, speech, responseBytesMax } = request;
    if (request.isListening && this.#pace.isDeafTo(place)) {
      return { response: Promise.reject(new ServerFlood()), abort() {} };
    }
    const id = random.uuid();
    const call = dialer.open({
      url: place.url,
      method: "POST",
      headers: this.#headers(request),
      body: JSON.stringify({ jsonrpc: "2.0", id, method: request.method, params: this.#params(request, id) }),
      timeoutMs: request.timeoutMs,
      maxResponseBytes: STREAM_ANSWERS * responseBytesMax,
      agentId: place.agentId,
      owner: place.owner,
      meter: request.meter,
    });
    let isOver = false;
    const response = call.response
      .then((head) => this.#read(request, id, head))
      .finally(() => {
        isOver = true;
      });
    return {
      response,
      abort: () => {
        if (isOver) return;
        call.abort();
        if (speech.era === "legacy" && request.method !== "initialize") {
          this.notify(request, "notifications/cancelled", { requestId: id, reason: "The caller has left" });
        }
      },
    };
  }

  /** Tells the server something, and waits for nothing. */
  notify(to: Pick<ServerRequest, "place" | "speech" | "session">, method: string, params?: JsonObject): void {
    this.post(to, { jsonrpc: "2.0", method, ...(params && { params }) }).catch(() => {});
  }

  /** Sends a notification or an answer. Rejects with ServerStatusError or OutboundError. */
  async post(to: Pick<ServerRequest, "place" | "speech" | "session">, message: JsonObject): Promise<void> {
    const { status, headers, body } = await this.#options.dialer.send({
      url: to.place.url,
      method: "POST",
      headers: { ...sessionHeaders(to), ...CONTENT, ...to.place.credentials },
      body: JSON.stringify(message),
      timeoutMs: SIDE_TIMEOUT_MS,
      maxResponseBytes: SIDE_BYTES_MAX,
      bodyOptional: true,
      agentId: to.place.agentId,
      owner: to.place.owner,
    }).response;
    if (status < 200 || status >= 300) throw new ServerStatusError(status, headers, body);
  }

  /**
   * Opens the stream of a session. `ended` rejects with ServerStatusError for a server that has none, with OutboundError or ServerFault for one that
   * broke, with ServerFlood for one that says too much.
   */
  listen(
    to: Pick<ServerRequest, "place" | "speech" | "session">,
    { onOpen, hear }: { onOpen(): void; hear(message: JsonObject): void },
  ): { ended: Promise<void>; abort(): void } {
    const pace = this.#pace;
    if (pace.isDeafTo(to.place)) return { ended: Promise.reject(new ServerFlood()), abort() {} };
    const call = this.#options.dialer.open({
      url: to.place.url,
      method: "GET",
      headers: { ...sessionHeaders(to), accept: "text/event-stream", ...to.place.credentials },
      timeoutMs: LISTEN_MS,
      maxResponseBytes: LISTEN_BYTES_MAX,
      agentId: to.place.agentId,
      owner: to.place.owner,
    });
    const read = async () => {
      const { status, headers, body } = await call.response;
      if (status !== 200 || !isEventStream(headers)) {
        call.abort();
        throw new ServerStatusError(status, headers, Buffer.alloc(0));
      }
      onOpen();
      await readEvents(body, {
        onEvent({ type, data }) {
          pace.count(to.place, data.length);
          if (data !== "" && (type === undefined || type === "message")) for (const one of messagesIn(data)) hear(one);
          return true;
        },
        onUnfinished(bytes) {
          if (bytes > LISTEN_MESSAGE_BYTES_MAX) throw new ServerFault("a message of the server is too large");
        },
      });
    };
    const ended = read().catch((error) => {
      throw OutboundError.isInstance(error) && error.kind === "too_large" ? pace.flooded(to.place) : error;
    });
    return { ended, abort: () => call.abort() };
  }

  /** Ends a session. Servers may not allow that, and none is waited for long. */
  async end(place: ServerPlace, speech: ServerSpeech, session: string): Promise<void> {
    await this.#options.dialer.send({
      url: place.url,
      method: "DELETE",
      headers: { ...sessionHeaders({ place, speech, session }), ...place.credentials },
      timeoutMs: SIDE_TIMEOUT_MS,
      maxResponseBytes: SIDE_BYTES_MAX,
      bodyOptional: true,
      agentId: place.agentId,
      owner: place.owner,
    }).response;
  }

  #headers(request: ServerRequest): Record<string, string> {
    const { method, params, speech, place } = request;
    const named = params.name ?? params.uri ?? (method.startsWith("tasks/") ? params.taskId : undefined);
    return {
      ...request.headers,
      ...(method !== "initialize" && sessionHeaders(request)),
      ...(speech.era === "modern" && {
        "mcp-method": method,
        ...(typeof named === "string" && { "mcp-name": headerValue(named) }),
      }),
      ...CONTENT,
      ...place.credentials,
    };
  }

  #params({ method, params, speech, capabilities = {}, onProgress }: ServerRequest, id: string): JsonObject {
    const given = isObject(params._meta) ? params._meta : {};
    const meta = {
      ...given,
      ...(onProgress && { progressToken: id }),
      ...(speech.era === "modern" && {
        [META.version]: speech.version,
        [META.capabilities]: capabilities,
        [META.client]: this.#options.client,
      }),
    };
    const said = Object.keys(meta).length > 0 ? { ...params, _meta: meta } : params;
    if (method !== "initialize") return said;
    return { protocolVersion: speech.version, capabilities, clientInfo: this.#options.client, ...said };
  }

  async #read(request: ServerRequest, id: string, head: OutboundStreamResponse): Promise<ServerAnswer> {
    const { status, headers } = head;
    const isGood = status >= 200 && status < 300;
    const session = sessionIn(headers);
    if (isGood && isEventStream(headers)) return { result: await this.#readStream(request, id, head), session };
    const body = await collected(head, request.responseBytesMax);
    const result = resultIn(body, id, status, headers);
    return { result, session };
  }

  async #readStream(
    request: ServerRequest,
    id: string,
    { status, headers, body }: OutboundStreamResponse,
  ): Promise<JsonObject> {
    const { responseBytesMax, meter } = request;
    const pace = this.#pace;
    const reply = (message: JsonObject) => void this.post(request, message).catch(() => {});
    let answer: JsonObject | undefined;
    let askedBack = 0;
    await readEvents(body, {
      onEvent({ type, data }) {
        if (request.isListening) pace.count(request.place, data.length);
        if (data === "" || (type !== undefined && type !== "message")) return true;
        if (meter) meter.events++;
        return passOn(messagesIn(data), 0);
      },
      onUnfinished(bytes) {
        if (bytes > responseBytesMax) throw new ServerFault("a message of the server is too large");
      },
    });
    if (!answer) throw new ServerFault("the server's stream ended without its answer");
    return resultOf(answer, status, headers);

    function passOn(messages: JsonObject[], from: number): boolean | Promise<boolean> {
      for (let at = from; at < messages.length; at++) {
        const message = messages[at]!;
        if (isAnswerTo(message, id)) {
          answer = message;
          return false;
        }
        const held = beside(message);
        if (held) return held.then(() => passOn(messages, at + 1));
      }
      return true;
    }

    /** What is not the answer. Answers of others' are nobody's here. */
    function beside(message: JsonObject): Promise<unknown> | undefined {
      const { method, params } = message;
      if (typeof method !== "string") return undefined;
      if (method === "notifications/progress" && isObject(params) && params.progressToken === id) {
        const held = request.onProgress?.(progressOf(params));
        return held instanceof Promise ? held : undefined;
      }
      if ("id" in message) askBack(message);
      else request.onNotice?.(method);
      return undefined;
    }

    function askBack({ id: asked, method, params }: JsonObject): void {
      // The stateless revision knows no requests of servers.
      if (request.speech.era === "modern" || ++askedBack > ASKED_BACK_MAX) return;
      if (method === "elicitation/create" && request.onAsked && isObject(params) && isName(asked)) {
        request.onAsked({ id: asked, params, speech: request.speech, session: request.session });
        return;
      }
      const said =
        method === "ping"
          ? { result: {} }
          : { error: { code: -32601, message: `This client does not do ${String(method).slice(0, 64)}` } };
      reply({ jsonrpc: "2.0", id: asked, ...said });
    }
  }
}

const isName = (id: unknown): id is string | number => typeof id === "string" || typeof id === "number";

const CONTENT = { "content-type": "application/json", accept: "application/json, text/event-stream" };

const sessionHeaders = ({
  speech,
  session,
}: Pick<ServerRequest, "place" | "speech" | "session">): Record<string, string> => ({
  "mcp-protocol-version": speech.version,
  ...(session !== undefined && { "mcp-session-id": session }),
});

/** Visible ASCII (2025-11-25, "Session Management"); anything else is no session. */
function sessionIn({ "mcp-session-id": given }: OutboundHeaders): string | undefined {
  if (typeof given !== "string" || given.length > SESSION_LENGTH_MAX) return undefined;
  return /^[\x21-\x7e]+$/.test(given) ? given : undefined;
}

const isEventStream = (headers: OutboundHeaders): boolean =>
  /^text\/event-stream\b/i.test(String(headers["content-type"] ?? ""));

async function collected({ body }: OutboundStreamResponse, bytesMax: number): Promise<Buffer> {
  const kept = new KeptBytes();
  for await (const chunk of body) {
    kept.add(chunk);
    if (kept.length > bytesMax) throw new ServerFault("the server's answer is too large");
    body.keeps(kept.capacity);
  }
  return kept.take();
}

const isAnswerTo = (message: JsonObject, id: string): boolean =>
  message.id === id && message.method === undefined && ("result" in message || "error" in message);

/** @throws ServerError, ServerStatusError, ServerFault */
function resultIn(body: Buffer, id: string, status: number, headers: OutboundHeaders): JsonObject {
  const isGood = status >= 200 && status < 300;
  let messages: JsonObject[];
  try {
    messages = messagesIn(body.toString("utf8"));
  } catch (error) {
    throw isGood ? error : new ServerStatusError(status, headers, body);
  }
  const answer = messages.find((message) => isAnswerTo(message, id));
  if (answer) return resultOf(answer, status, headers);
  // A request that could not be read is refused without its id (JSON-RPC 2.0, section 5).
  const refusal = messages.find(
    (message) => isObject(message.error) && (message.id === null || message.id === undefined),
  );
  if (refusal && !isGood) return resultOf(refusal, status, headers);
  throw isGood
    ? new ServerFault("the server's answer is not to this request")
    : new ServerStatusError(status, headers, body);
}

function resultOf({ error, result }: JsonObject, status: number, headers: OutboundHeaders): JsonObject {
  if (isObject(error)) throw new ServerError(error, status, headers);
  if (!isObject(result)) throw new ServerFault("the server answered no result");
  return result;
}

function progressOf({ progress, total, message }: JsonObject) {
  return {
    progress: typeof progress === "number" ? progress : 0,
    total: typeof total === "number" ? total : undefined,
    message: typeof message === "string" ? message : undefined,
  };
}
