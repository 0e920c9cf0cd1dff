import type { SiteHandler } from "../engine/site-handler.ts";
import { BodyBytes } from "../exchange/body-bytes.ts";
import type { Exchange, Reply, RequestBody } from "../exchange/exchange.ts";
import { tooLarge } from "../exchange/too-large.ts";

/** Answers a `Request`; `undefined` when it is not for the agent API. @param server see `addressOf` */
export async function respond(handler: SiteHandler, request: Request, server?: unknown): Promise<Response | undefined> {
  const exchange = new FetchExchange(request, request, server);
  const reply = await handler.answer(exchange);
  return reply && toResponse(reply, request.method);
}

/** What runtimes know of the connection: Bun's server, Deno's `ServeHandlerInfo`, the bindings of Hono's Node server. */
interface Server {
  readonly requestIP?: (request: Request) => { readonly address: string } | null;
  readonly remoteAddr?: { readonly hostname?: string };
  readonly incoming?: { readonly socket?: { readonly remoteAddress?: string } };
}

const addressOf = (request: Request, server: Server | undefined): string | undefined =>
  server?.requestIP?.(request)?.address ?? server?.remoteAddr?.hostname ?? server?.incoming?.socket?.remoteAddress;

/** What the library's types leave out of `ReadableStream`. */
interface Iterated {
  values(options: { preventCancel: boolean }): AsyncIterable<Uint8Array>;
}

/** A `Request` as an exchange. */
export class FetchExchange implements Exchange {
  readonly method: string;
  readonly path: string;
  readonly native: unknown;
  readonly #request: Request;
  readonly #url: URL;
  readonly #server: unknown;

  /**
   * @param native what handlers get as `context.request`, when it is not the request itself
   * @param server what the runtime hands on beside the request
   */
  constructor(request: Request, native: unknown = request, server?: unknown) {
    this.#request = request;
    this.#server = server;
    this.#url = new URL(request.url);
    this.method = request.method;
    this.path = this.#url.pathname;
    this.native = native;
  }

  get address(): string | undefined {
    return addressOf(this.#request, this.#server as Server | undefined);
  }

  header(name: string): string | undefined {
    return this.#request.headers.get(name) ?? (name === "host" ? this.#url.host : undefined);
  }

  async body(limitBytes: number): Promise<RequestBody> {
    const { body } = this.#request;
    if (!body) return { text: "" };
    const bytes = new BodyBytes();
    // Servers close the connection when the stream is cancelled, and the caller could not read the refusal.
    for await (const chunk of (body as unknown as Iterated).values({ preventCancel: true })) {
      if (bytes.length + chunk.byteLength > limitBytes) throw tooLarge(limitBytes);
      bytes.add(chunk);
    }
    return { text: bytes.text() };
  }

  onDisconnect(listener: () => void): void {
    const { signal } = this.#request;
    if (signal.aborted) listener();
    else signal.addEventListener("abort", listener, { once: true });
  }
}

/** A reply as a `Response`. */
export function toResponse({ status, headers, body }: Reply, method: string): Response {
  if (typeof body === "string") {
    const empty = method === "HEAD" || status === 204 || status === 304;
    return new Response(empty ? null : body, { status, headers });
  }
  return new Response(body.toStream(), { status, headers });
}
