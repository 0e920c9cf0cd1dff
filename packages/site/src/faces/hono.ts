import type { RequestBody } from "../exchange/exchange.ts";
import type { MountOptions } from "../mount-options.ts";
import { FetchExchange, toResponse } from "./fetch.ts";
import type { Mountable } from "./node.ts";

/** What we use of Hono's context. */
export interface HonoContext {
  readonly req: { readonly raw: Request; text(): Promise<string> };
  /** The runtime's own: it may know the caller's address. */
  readonly env?: unknown;
}

export type HonoMiddleware = (context: HonoContext, next: () => Promise<void>) => Promise<Response | undefined>;

/** The site as Hono middleware; other paths go on to the next. Handlers get Hono's context as `context.request`. */
export function agentMiddleware(agent: Mountable, options?: MountOptions): HonoMiddleware {
  const handler = agent.handler(options);
  return async (context, next) => {
    const pending = handler.answer(new HonoExchange(context));
    if (pending) return toResponse(await pending, context.req.raw.method);
    await next();
    return undefined;
  };
}

/** Mounts the site in a Hono application. */
export function mount(
  app: { use(middleware: HonoMiddleware): unknown },
  agent: Mountable,
  options?: MountOptions,
): void {
  app.use(agentMiddleware(agent, options));
}

class HonoExchange extends FetchExchange {
  readonly #context: HonoContext;

  constructor(context: HonoContext) {
    super(context.req.raw, context, context.env);
    this.#context = context;
  }

  /** When middleware has read the body, Hono keeps it. */
  override async body(limitBytes: number): Promise<RequestBody> {
    return this.#context.req.raw.bodyUsed ? { text: await this.#context.req.text() } : super.body(limitBytes);
  }
}
