import type { SiteHandler } from "../engine/site-handler.ts";
import type { Exchange, Reply, RequestBody } from "../exchange/exchange.ts";
import { tooLarge } from "../exchange/too-large.ts";

/** Answers a `Request`; `undefined` when it is not for the agent API. */
export async function respond(handler: SiteHandler, request: Request): Promise<Response | undefined> {
  const exchange = new FetchExchange(request);
  const reply = await handler.answer(exchange);
  return reply && toResponse(reply, request.method);
}

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

  /** @param native what handlers get as `context.request`, when it is not the request itself */
  constructor(request: Request, native: unknown = request) {
    this.#request = request;
    this.#url = new URL(request.url);
    this.method = request.method;
    this.path = this.#url.pathname;
    this.native = native;
  }

  header(name: string): string | undefined {
    return this.#request.headers.get(name) ?? (name === "host" ? this.#url.host : undefined);
  }

  async body(limitBytes: number): Promise<RequestBody> {
    const { body } = this.#request;
    if (!body) return { text: "" };
    const decoder = new TextDecoder();
    let text = "";
    let bytes = 0;
    // Servers close the connection when the stream is cancelled, and the caller could not read the refusal.
    for await (const chunk of (body as unknown as Iterated).values({ preventCancel: true })) {
      bytes += chunk.byteLength;
      if (bytes > limitBytes) throw tooLarge(limitBytes);
      text += decoder.decode(chunk, { stream: true });
    }
    return { text: text + decoder.decode() };
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
