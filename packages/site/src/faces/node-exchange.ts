import { CallerGone } from "../engine/call.ts";
import { BodyBytes } from "../exchange/body-bytes.ts";
import type { Exchange, RequestBody } from "../exchange/exchange.ts";
import { tooLarge } from "../exchange/too-large.ts";

// biome-ignore lint/suspicious/noExplicitAny: listeners of every event meet here
type Listener = (...values: any[]) => void;

/** What we use of `http.IncomingMessage` and its relatives (HTTP/2, Express). Structural, so that no framework has to be installed. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly readable: boolean;
  readonly readableEnded: boolean;
  readonly destroyed: boolean;
  readonly socket?: { readonly remoteAddress?: string | undefined } | null | undefined;
  on(event: string, listener: Listener): unknown;
  destroy(): unknown;
}

/** What we use of `http.ServerResponse` and its relatives. */
export interface NodeResponse {
  readonly headersSent: boolean;
  readonly writableEnded: boolean;
  readonly writableFinished: boolean;
  readonly destroyed: boolean;
  getHeader(name: string): number | string | readonly string[] | undefined;
  writeHead(status: number, headers: Record<string, string>): unknown;
  flushHeaders?(): void;
  write(chunk: string): boolean;
  end(chunk?: string): unknown;
  on(event: string, listener: Listener): unknown;
  off(event: string, listener: Listener): unknown;
  destroy(): unknown;
}

/** What a body parser that ran before us may have left. */
type ParsedBy = { readonly body?: unknown };

/** How much of a body beyond the limit is read and thrown away, so that the caller gets to read the refusal. */
const discardedFactor = 8;

/** A request of node:http, Express, Connect or Koa as an exchange. */
export class NodeExchange implements Exchange {
  readonly method: string;
  readonly path: string;
  readonly native: unknown;
  readonly #request: NodeRequest;
  readonly #response: NodeResponse;
  readonly #parsed: ParsedBy;

  constructor(
    request: NodeRequest,
    response: NodeResponse,
    path: string,
    parsed: ParsedBy = request as ParsedBy,
    native: unknown = request,
  ) {
    this.#request = request;
    this.#response = response;
    this.#parsed = parsed;
    this.method = request.method ?? "GET";
    this.path = path;
    this.native = native;
  }

  /** As Express and Koa see it, which is where their operator has said which proxies to trust. */
  get address(): string | undefined {
    return (this.native as { ip?: string }).ip ?? this.#request.socket?.remoteAddress;
  }

  header(name: string): string | undefined {
    const { headers } = this.#request;
    const value = headers[name] ?? (name === "host" ? headers[":authority"] : undefined);
    return typeof value === "string" ? value : value?.join(", ");
  }

  body(limitBytes: number): RequestBody | Promise<RequestBody> {
    const request = this.#request;
    // Express 4's parser sets `body` even when it read nothing, so the stream's state decides.
    const unread = request.readable && !request.readableEnded && !request.destroyed;
    if (unread) return readText(request, limitBytes);
    const { body } = this.#parsed;
    if (typeof body === "string") return { text: body };
    if (body instanceof Uint8Array) return { text: new TextDecoder().decode(body) };
    if (body === undefined && Number(this.header("content-length") ?? 0) > 0) {
      throw new Error(
        "agentgate: something read the request body before and left no `body`. Mount agentgate before it.",
      );
    }
    return { value: body };
  }

  onDisconnect(listener: () => void): void {
    onPrematureClose(this.#response, listener);
  }
}

/** Calls once when the connection closes before the reply is complete, never on normal completion. */
export function onPrematureClose(response: NodeResponse, listener: () => void): void {
  let told = false;
  const tell = () => {
    if (told || response.writableFinished) return;
    told = true;
    listener();
  };
  if (response.destroyed) tell();
  else response.on("close", tell);
}

function readText(request: NodeRequest, limitBytes: number): Promise<RequestBody> {
  return new Promise((resolve, reject) => {
    const body = new BodyBytes();
    let discarded = 0;
    request.on("data", (chunk: Uint8Array | string) => {
      if (body.length + chunk.length <= limitBytes && !discarded) {
        body.add(chunk);
        return;
      }
      reject(tooLarge(limitBytes));
      discarded += chunk.length;
      if (discarded > limitBytes * discardedFactor) request.destroy();
    });
    let ended = false;
    request.on("end", () => {
      ended = true;
      resolve({ text: body.text() });
    });
    const gone = () => ended || reject(new CallerGone());
    request.on("error", gone);
    request.on("close", gone);
  });
}

/** The path of a request target: origin form, or absolute form whose host is not to be trusted. */
export function pathOfTarget(target: string): string {
  const path = target.startsWith("/") ? target : target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "") || "/";
  if (!path.includes("?") && !path.includes("#")) return path;
  return path.slice(0, path.search(/[?#]/));
}
