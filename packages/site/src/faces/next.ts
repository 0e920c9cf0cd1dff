/** Anything with a fetch handler: an `AgentApp`. */
export interface Fetchable {
  readonly fetch: (request: Request) => Promise<Response>;
}

type RouteHandler = (request: Request) => Promise<Response>;

/**
 * Route handlers of the Next.js app router. Export them from two files:
 * `app/agent/[...path]/route.ts` and `app/.well-known/agent-manifest.json/route.ts`.
 */
export function toNextHandlers(agent: Fetchable): {
  readonly [Method in "GET" | "HEAD" | "POST" | "OPTIONS"]: RouteHandler;
} {
  const handle: RouteHandler = (request) => agent.fetch(request);
  return { GET: handle, HEAD: handle, POST: handle, OPTIONS: handle };
}
