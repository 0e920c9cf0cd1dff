import {
  agentApiVersion,
  agentIdHeader,
  agentRequestHeader,
  agentVersionHeader,
  confirmedHeader,
  eventStreamType,
  idempotencyKeyHeader,
  type ManifestAuth,
  sessionIdHeader,
} from "@agentgate/protocol/site";
import { refuse, urlBelow } from "./addresses.ts";
import type { CallOptions, StreamEvent } from "./call-types.ts";
import type { CredentialStore } from "./credentials.ts";
import { type CallSubject, errorFromReply, siteError } from "./error-reply.ts";
import { parseJson } from "./parse-json.ts";
import { readText } from "./read-text.ts";
import type { Send } from "./transport.ts";

/** A request to a site, before it is dressed with headers. */
interface SiteRequest {
  readonly method?: "GET" | "POST";
  readonly path: string;
  readonly auth: ManifestAuth;
  /** The site says that repeating it has no further effect. */
  readonly idempotent?: boolean | undefined;
  readonly sessionId?: string;
  readonly etag?: string | null | undefined;
}

export interface SiteCall extends SiteRequest, CallSubject {
  /** Takes the result out of the reply's body. */
  readonly unwrap?: (reply: unknown) => unknown;
}

export interface ConnectionSettings {
  readonly send: Send;
  readonly credentials: CredentialStore;
  readonly agentId: string | undefined;
  readonly timeoutMs: number;
  readonly charactersMax: number;
}

/** Speaks to one origin: headers, credentials, idempotency keys; replies become values or errors. */
export interface SiteConnection {
  readonly base: URL;
  /** A plain GET; `read` gets the reply, whatever its status. */
  get<T>(path: string, etag: string | null | undefined, signal: AbortSignal, read: ReadReply<T>): Promise<T>;
  /** @throws the error that the reply stands for */
  call(call: SiteCall, input?: unknown, options?: CallOptions): Promise<unknown>;
  /** The reply as events; the last one is the `result`. @throws the error that the reply stands for */
  stream(call: SiteCall, input?: unknown, options?: CallOptions): AsyncGenerator<StreamEvent, void>;
}

type ReadReply<T> = (response: Response) => Promise<T>;

/** @param runsKeysOnce - whether the site runs a repeated idempotency key once */
export function siteConnection(base: URL, settings: ConnectionSettings, runsKeysOnce = false): SiteConnection {
  const { send, credentials, agentId, charactersMax } = settings;

  const dress = async (
    { method = "POST", path, auth, idempotent, sessionId, etag }: SiteRequest,
    input: unknown = {},
    { idempotencyKey = crypto.randomUUID(), signal, confirmed, timeoutMs = settings.timeoutMs }: CallOptions = {},
  ) => ({
    method,
    url: urlBelow(base, path) ?? refuse(path, `not below ${base}`),
    headers: {
      ...(await credentials.headersFor(base.origin, auth)),
      Accept: "application/json",
      [agentRequestHeader]: "true",
      [agentVersionHeader]: agentApiVersion,
      ...(agentId && { [agentIdHeader]: agentId }),
      ...(etag && { "If-None-Match": etag }),
      ...(sessionId && { [sessionIdHeader]: sessionId }),
      ...(confirmed && { [confirmedHeader]: "true" }),
      ...(method === "POST" && { "Content-Type": "application/json", [idempotencyKeyHeader]: idempotencyKey }),
    },
    body: method === "POST" ? JSON.stringify(input) : null,
    repeatable: method === "GET" || runsKeysOnce || !!idempotent,
    timeoutMs,
    signal,
  });

  const readBody = async (response: Response, call: CallSubject): Promise<string> => {
    const text = await readText(response, charactersMax);
    if (!response.ok) throw errorFromReply(response, text, call);
    return text;
  };

  return {
    base,
    async get(path, etag, signal, read) {
      return send(
        await dress({ method: "GET", path, auth: { type: "none", header: null }, etag }, null, { signal }),
        read,
      );
    },
    async call(call, input, options) {
      return parse(await send(await dress(call, input, options), (response) => readBody(response, call)), call);
    },
    async *stream(call, input, options) {
      const request = await dress(call, input, options);
      request.headers.Accept += `, ${eventStreamType}`;
      const reply = await send<Response | string>(request, (response) =>
        response.ok && response.headers.get("content-type")?.startsWith(eventStreamType)
          ? response
          : readBody(response, call),
      );
      if (typeof reply === "string") {
        yield { event: "result", data: parse(reply, call) };
      } else {
        // Loaded by the first stream: most agents never open one.
        const { readStream } = await import("./event-stream.ts");
        yield* readStream(reply, charactersMax, options?.signal, call);
      }
    },
  };
}

/** The result of a call from the text of its reply. */
function parse(text: string, call: SiteCall): unknown {
  const value = text ? parseJson(text) : null;
  if (value === undefined) {
    throw siteError({ error: "invalid_response", message: `${call.path} sent no JSON: ${text.slice(0, 80)}` }, call);
  }
  return call.unwrap ? call.unwrap(value) : value;
}
