import type { Mountable } from "./node.ts";

/** Anything with a fetch handler: an `AgentApp`. */
export interface Fetchable extends Mountable {
  readonly fetch: (request: Request) => Promise<Response>;
}

export interface NextOptions {
  /**
   * The `basePath` of `next.config`, when it has one; the base URL of the site ends with it. Next.js takes it off the URLs
   * that route handlers get (vercel/next.js#62756).
   */
  readonly basePath?: string | undefined;
}

type RouteHandler = (request: Request) => Promise<Response>;
type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";

/**
 * Route handlers of the Next.js app router. Export them from two files:
 * `app/agent/[...path]/route.ts` and `app/.well-known/agent-manifest.json/route.ts`.
 */
export function toNextHandlers(
  agent: Fetchable,
  { basePath = "" }: NextOptions = {},
): { readonly [M in Method]: RouteHandler } {
  agent.handler(); // Mistakes stop the build, not the first request.
  const handle: RouteHandler = (request) => agent.fetch(withBasePath(request, basePath));
  // Methods that nothing takes too, so that agents are told which to use.
  return { GET: handle, HEAD: handle, POST: handle, PUT: handle, PATCH: handle, DELETE: handle, OPTIONS: handle };
}

function withBasePath(request: Request, basePath: string): Request {
  const url = new URL(request.url);
  if (basePath === "" || url.pathname.startsWith(`${basePath}/`)) return request;
  url.pathname = basePath + url.pathname;
  return new Request(url, request);
}
