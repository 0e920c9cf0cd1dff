/** What an agent says about itself. A label, never an identity: authenticate before you trust it. */
export interface DetectedAgent {
  readonly id: string | undefined;
  readonly version: string | undefined;
}

type NodeHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;
type HeaderGetter = { get(name: string): string | null | undefined };

/** A request, or its headers, of any framework: `Request`, Express, Fastify, Koa, Hono (`c.req.raw`), node:http. */
export type HeaderSource = HeaderGetter | NodeHeaders | { readonly headers: HeaderGetter | NodeHeaders };

/**
 * Tells an agent's request from a browser's, for the site's own routes: `X-Agent-Request: true`.
 * @returns `undefined` when the request is not an agent's
 */
export function detectAgent(source: HeaderSource): DetectedAgent | undefined {
  const headers =
    (source as { headers?: HeaderGetter | NodeHeaders }).headers ?? (source as HeaderGetter | NodeHeaders);
  if (!isTrue(read(headers, "x-agent-request"))) return undefined;
  return { id: read(headers, "x-agent-id"), version: read(headers, "x-agent-version") };
}

export const isTrue = (value: string | undefined): boolean =>
  value === "true" || value?.trim().toLowerCase() === "true";

function read(headers: HeaderGetter | NodeHeaders, name: string): string | undefined {
  if (typeof headers.get === "function") return (headers as HeaderGetter).get(name) ?? undefined;
  const value = (headers as NodeHeaders)[name];
  return typeof value === "string" ? value : value?.[0];
}
