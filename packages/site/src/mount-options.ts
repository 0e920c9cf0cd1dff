export interface MountOptions {
  /** Where the site is reached; the same as in the options of `AgentApp`. */
  readonly baseUrl?: string | undefined;
  /** Path before every route, as requests arrive here; the same as in the options of `AgentApp`. */
  readonly pathPrefix?: string | undefined;
}

/** An application of Express, Connect, Fastify, Hono, Koa or NestJS, or a part of one that routes can be added to. */
// biome-ignore lint/suspicious/noExplicitAny: each framework has its own types of handlers and plugins
export type Application = { use(...handlers: any[]): unknown } | { register(...plugins: any[]): unknown };
