import { after } from "../engine/after.ts";
import type { SiteHandler } from "../engine/site-handler.ts";
import type { MountOptions } from "../mount-options.ts";
import { NodeExchange, type NodeRequest, type NodeResponse, pathOfTarget } from "./node-exchange.ts";
import { sendNodeReply } from "./send-node-reply.ts";

export type { NodeRequest, NodeResponse } from "./node-exchange.ts";

/** An `AgentApp` of any type. */
export interface Mountable {
  handler(options?: MountOptions): SiteHandler;
}

/** What Express and Connect add when a handler is mounted under a path. */
type MountedRequest = NodeRequest & { readonly originalUrl?: string; readonly baseUrl?: string };

// biome-ignore lint/suspicious/noExplicitAny: each framework has its own type of next
export type NodeHandler = (request: NodeRequest, response: NodeResponse, next?: (...values: any[]) => unknown) => void;

/**
 * The site as a handler of `http.createServer`, Express 4 and 5, Connect and Restify. Other paths go to `next`;
 * without one they get a 404.
 */
export function toNodeHandler(agent: Mountable, options?: MountOptions): NodeHandler {
  const handler = agent.handler(options);
  let warned = false;
  return (request, response, next) => {
    const { url = "/", originalUrl = url, baseUrl: mountedAt = "" } = request as MountedRequest;
    const relative = mountedAt !== "" && handler.prefix === "";
    if (relative && !warned) {
      warned = true;
      console.warn(
        `agentgate: mounted under ${mountedAt}, but the base URL has no such path, so agents will look for the site at the root. ` +
          `Set baseUrl to end in ${mountedAt}, or mount at the root.`,
      );
    }
    const exchange = new NodeExchange(request, response, pathOfTarget(relative ? url : originalUrl));
    const pending = handler.answer(exchange);
    if (pending) after(pending, (reply) => sendNodeReply(response, reply));
    else if (next) next();
    else void sendNodeReply(response, handler.notFound());
  };
}
