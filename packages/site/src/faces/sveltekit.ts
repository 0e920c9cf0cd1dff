/** Anything that answers requests for the agent API: an `AgentApp`. */
export interface Responder {
  readonly respond: (request: Request) => Promise<Response | undefined>;
}

interface HandleInput<Event extends { readonly request: Request }> {
  readonly event: Event;
  resolve(event: Event): Response | Promise<Response>;
}

/** The `handle` hook of SvelteKit's `hooks.server.ts`; everything but the agent API goes on to the application. */
export const toSvelteKitHandle =
  (agent: Responder) =>
  async <Event extends { readonly request: Request }>({ event, resolve }: HandleInput<Event>): Promise<Response> =>
    (await agent.respond(event.request)) ?? resolve(event);
