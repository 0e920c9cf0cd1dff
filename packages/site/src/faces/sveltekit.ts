import type { RequestBody } from "../exchange/exchange.ts";
import { SiteError } from "../exchange/site-error.ts";
import { FetchExchange, toResponse } from "./fetch.ts";
import type { Mountable } from "./node.ts";

/** What we use of SvelteKit's event. */
interface KitEvent {
  readonly request: Request;
  getClientAddress?(): string;
}

interface HandleInput<Event extends KitEvent> {
  readonly event: Event;
  resolve(event: Event): Response | Promise<Response>;
}

/** The `handle` hook of SvelteKit's `hooks.server.ts`; everything but the agent API goes on to the application. */
export function toSvelteKitHandle(agent: Mountable) {
  const handler = agent.handler();
  return async <Event extends KitEvent>({ event, resolve }: HandleInput<Event>): Promise<Response> => {
    const reply = await handler.answer(new SvelteKitExchange(event));
    return reply ? toResponse(reply, event.request.method) : resolve(event);
  };
}

class SvelteKitExchange extends FetchExchange {
  readonly #event: KitEvent;

  constructor(event: KitEvent) {
    super(event.request);
    this.#event = event;
  }

  override get address(): string | undefined {
    try {
      return this.#event.getClientAddress?.();
    } catch {
      // Some adapters do not know it.
      return undefined;
    }
  }

  /** SvelteKit's adapters have a limit of their own (`BODY_SIZE_LIMIT`), at which they fail the stream. */
  override body(limitBytes: number): Promise<RequestBody> {
    if (this.#event.request.bodyUsed) {
      throw new Error(
        "agentgate: a hook read the request body before. Put agentgate first, or let that hook read a clone.",
      );
    }
    return super.body(limitBytes).catch((error: { status?: unknown; message: string }) => {
      throw error.status === 413 ? new SiteError("payload_too_large", error.message) : error;
    });
  }
}
