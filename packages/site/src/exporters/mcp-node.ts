import { CallerGone } from "../engine/call.ts";
import type { EventFrames, Reply } from "../exchange/exchange.ts";
import { errorReply, toSiteError } from "../exchange/reply.ts";
import { SiteError } from "../exchange/site-error.ts";
import { NodeExchange, type NodeRequest, type NodeResponse, pathOfTarget } from "../faces/node-exchange.ts";
import { sendNodeReply } from "../faces/send-node-reply.ts";

/** What `toMcpHandler` of `@agentgate/site/mcp` makes, as far as it is used here. */
interface McpFetch {
  fetch(request: Request, options?: { parsedBody?: unknown }): Promise<Response>;
}

/**
 * @param more the body that a parser has read, as `request.body` of Fastify; or Express' `next`, which is never called
 * @returns once the answer has been written; never rejects
 */
export type McpNodeHandler = (request: NodeRequest, response: NodeResponse, more?: unknown) => Promise<void>;

/** As of a site's own bodies, by default. */
const bodyBytesMax = 1_048_576;

/**
 * A site's MCP server for `http.createServer`, Express and Connect, before or after a body parser, and for the raw requests of
 * Fastify and Koa.
 */
export function toMcpNodeHandler(mcp: McpFetch): McpNodeHandler {
  return async (request, response, more) => {
    const parsed = more === undefined || typeof more === "function" ? undefined : { body: more };
    const exchange = new NodeExchange(request, response, pathOfTarget(request.url ?? "/"), parsed);
    const caller = new AbortController();
    exchange.onDisconnect(() => caller.abort(new CallerGone()));
    try {
      await sendNodeReply(response, await answer(mcp, exchange, request, caller.signal));
    } catch (error) {
      if (error instanceof CallerGone) return;
      if (!SiteError.isInstance(error)) console.error("agentgate: a request of MCP failed:", error);
      await sendNodeReply(response, errorReply(toSiteError(error)));
    }
  };
}

async function answer(mcp: McpFetch, exchange: NodeExchange, request: NodeRequest, signal: AbortSignal) {
  const { method, path } = exchange;
  const init = { method, headers: headersOf(request), signal };
  // Where it stands is of no matter to the server: it looks at the method, the headers and the body.
  const url = new URL(path, "http://localhost");
  if (method === "GET" || method === "HEAD") return toReply(await mcp.fetch(new Request(url, init)));
  const body = await exchange.body(bodyBytesMax);
  if ("text" in body) return toReply(await mcp.fetch(new Request(url, { ...init, body: body.text })));
  return toReply(await mcp.fetch(new Request(url, init), { parsedBody: body.value }));
}

/** What HTTP/1.1 says of one connection, and HTTP/2 of one request, is not for the server. */
const hopByHop = /^(?:connection|content-length|expect|keep-alive|te|trailer|transfer-encoding|upgrade|:.*)$/;

function headersOf({ headers }: NodeRequest): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]): [string, string][] => {
    if (value === undefined || hopByHop.test(name)) return [];
    return [[name, typeof value === "string" ? value : value.join(", ")]];
  });
}

async function toReply(response: Response): Promise<Reply> {
  const { status, body } = response;
  const headers = Object.fromEntries(response.headers);
  const streams = headers["content-type"]?.startsWith("text/event-stream");
  return { status, headers, body: body && streams ? framesOf(body) : await response.text() };
}

/** Who stops reading ends the stream at once, also where it has nothing to say. */
function framesOf(stream: ReadableStream<Uint8Array>): EventFrames {
  const decoder = new TextDecoder();
  const frames = (): AsyncIterator<string> => {
    const reader = stream.getReader();
    let left = false;
    const next = async (): Promise<IteratorResult<string>> => {
      const { done, value } = await reader.read();
      return done ? end : { done, value: decoder.decode(value, { stream: true }) };
    };
    return {
      next: () => next().catch((error) => (left ? end : Promise.reject(error))),
      return: async () => {
        left = true;
        await reader.cancel().catch(() => {});
        return end;
      },
    };
  };
  return { [Symbol.asyncIterator]: frames, toStream: () => stream };
}

const end = { done: true, value: undefined } as const;
