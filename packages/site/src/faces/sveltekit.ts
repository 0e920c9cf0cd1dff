import type { RequestBody } from "../exchange/exchange.ts";
import { SiteError } from "../exchange/site-error.ts";
import { FetchExchange, toResponse } from "./fetch.ts";
import type { Mountable } from "./node.ts";

interface HandleInput<Event extends { readonly request: Request }> {
  readonly event: Event;
  resolve(event: Event): Response | Promise<Response>;
}

/** The `handle` hook of SvelteKit's `hooks.server.ts`; everything but the agent API goes on to the application. */
export function toSvelteKitHandle(agent: Mountable) {
  const handler = agent.handler();
  return async <Event extends { readonly request: Request }>({
    event,
    resolve,
  }: HandleInput<Event>): Promise<Response> => {
    const reply = await handler.answer(new SvelteKitExchange(event.request));
    return reply ? toResponse(reply, event.request.method) : resolve(event);
  };
}

class SvelteKitExchange extends FetchExchange {
  readonly #request: Request;

  constructor(request: Request) {
    super(request);
    this.#request = request;
  }

  /** SvelteKit's adapters have a limit of their own (`BODY_SIZE_LIMIT`), at which they fail the stream. */
  override body(limitBytes: number): Promise<RequestBody> {
    if (this.#request.bodyUsed) {
      throw new Error(
        "agentgate: a hook read the request body before. Put agentgate first, or let that hook read a clone.",
      );
    }
    return super.body(limitBytes).catch((error: { status?: unknown; message: string }) => {
      throw error.status === 413 ? new SiteError("payload_too_large", error.message) : error;
    });
  }
}
