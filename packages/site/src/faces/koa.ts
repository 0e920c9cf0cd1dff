import type { MountOptions } from "../mount-options.ts";
import type { Mountable } from "./node.ts";
import { NodeExchange, type NodeRequest, type NodeResponse, pathOfTarget } from "./node-exchange.ts";
import { sendNodeReply } from "./send-node-reply.ts";

/** What we use of Koa's context. */
export interface KoaContext {
  readonly req: NodeRequest;
  readonly res: NodeResponse;
  readonly request: { readonly body?: unknown };
  readonly originalUrl: string;
  respond?: boolean | undefined;
}

export type KoaMiddleware = (context: KoaContext, next: () => Promise<unknown>) => Promise<void>;

/** The site as Koa middleware; other paths go on to the next. */
export function agentMiddleware(agent: Mountable, options?: MountOptions): KoaMiddleware {
  const handler = agent.handler(options);
  return async (context, next) => {
    const { req, res, request, originalUrl } = context;
    const pending = handler.answer(new NodeExchange(req, res, pathOfTarget(originalUrl), request, context));
    if (!pending) {
      await next();
      return;
    }
    context.respond = false;
    await sendNodeReply(res, await pending);
  };
}

/** Mounts the site in a Koa application. */
export function mount(
  app: { use(middleware: KoaMiddleware): unknown },
  agent: Mountable,
  options?: MountOptions,
): void {
  app.use(agentMiddleware(agent, options));
}
