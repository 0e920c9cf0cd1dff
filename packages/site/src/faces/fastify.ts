import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import { RegistrationError } from "../define/registration-error.ts";
import { after } from "../engine/after.ts";
import type { SiteHandler } from "../engine/site-handler.ts";
import type { Exchange, Reply, RequestBody } from "../exchange/exchange.ts";
import { errorReply } from "../exchange/reply.ts";
import { resourceMetadataPath } from "../exchange/route.ts";
import { tooLarge } from "../exchange/too-large.ts";
import type { MountOptions } from "../mount-options.ts";
import type { Mountable } from "./node.ts";
import { onPrematureClose, pathOfTarget } from "./node-exchange.ts";

export interface AgentPluginOptions extends MountOptions {
  readonly agent: Mountable;
}

const paths = [
  "/.well-known/agent-manifest.json",
  "/agent/intents/:intent",
  "/agent/flows/:flow/start",
  "/agent/flows/:flow/step/:step",
  "/agent/flows/:flow/steps/:step",
  "/agent/flows/:flow/session/:session",
];
const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/** The site as a Fastify 5 plugin: `await app.register(agentPlugin, { agent, baseUrl })`. Parsers and error handling stay inside. */
export const agentPlugin: FastifyPluginAsync<AgentPluginOptions> = async (fastify, { agent, ...options }) => {
  const handler = agent.handler(options);
  const { manifestAtRoot } = handler.site;
  if (manifestAtRoot) fastify.addHook("onRequest", (request, reply, next) => answerRoot(handler, request, reply, next));
  await fastify.register(async (scope) => mountRoutes(scope, handler));
};

/** Only the hook for `/` reaches the rest of the application (what `fastify-plugin` does). */
Object.assign(agentPlugin, { [Symbol.for("skip-override")]: true, [Symbol.for("fastify.display-name")]: "agentgate" });

/** Mounts the site in a Fastify application. */
export async function mount(app: FastifyInstance, agent: Mountable, options: MountOptions = {}): Promise<void> {
  await app.register(agentPlugin, { agent, ...options });
}

function mountRoutes(scope: FastifyInstance, handler: SiteHandler): void {
  const { site, prefix } = handler;
  scope.removeAllContentTypeParsers();
  // The exact type too, because Fastify analyses the header anew for every request that only `*` matches.
  scope.addContentTypeParser(
    ["application/json", "*"],
    { parseAs: "string", bodyLimit: site.bodyBytesMax },
    (_request, body, done) => done(null, body),
  );
  scope.setErrorHandler((error: { code?: string }, _request, reply) => {
    if (error.code !== "FST_ERR_CTP_BODY_TOO_LARGE") throw error;
    return send(reply, errorReply(tooLarge(site.bodyBytesMax)), "POST");
  });
  if (!prefix.startsWith(scope.prefix)) {
    throw new RegistrationError(
      `agentgate is registered under "${scope.prefix}", but the base URL has no such path. Set baseUrl to end in ${scope.prefix}.`,
    );
  }
  const urls = paths.map((path) => prefix.slice(scope.prefix.length) + path);
  if (site.policy.resourceMetadata && scope.prefix === "") urls.push(resourceMetadataPath + prefix);
  for (const url of urls) {
    scope.route({
      method: site.cors ? [...methods, "OPTIONS"] : methods,
      url,
      handler: (request, reply) => {
        const pending = handler.answer(new FastifyExchange(request, reply));
        return pending ? after(pending, (one) => send(reply, one, request.method)) : reply.callNotFound();
      },
    });
  }
}

/** Answers an agent's `GET /`; every other request goes on at once. */
function answerRoot(handler: SiteHandler, request: FastifyRequest, reply: FastifyReply, next: () => void): void {
  const { prefix } = handler;
  const path = request.headers["x-agent-request"] === undefined ? undefined : pathOfTarget(request.url);
  const pending =
    path === `${prefix}/` || path === prefix ? handler.answer(new FastifyExchange(request, reply)) : undefined;
  if (pending) after(pending, (one) => send(reply, one, request.method));
  else next();
}

/** A string payload keeps Fastify fast; hijacking the raw response would halve it. */
function send(reply: FastifyReply, { status, headers, body }: Reply, method: string): FastifyReply {
  reply.code(status);
  for (const name in headers) {
    const value = headers[name]!;
    const present = name === "vary" ? reply.getHeader(name) : undefined;
    reply.header(name, present === undefined ? value : `${present}, ${value}`);
  }
  if (typeof body === "string") return reply.send(method === "HEAD" || status === 304 ? undefined : body);
  return reply.send(body.toStream());
}

class FastifyExchange implements Exchange {
  readonly method: string;
  readonly path: string;
  readonly native: FastifyRequest;
  readonly #reply: FastifyReply;

  constructor(request: FastifyRequest, reply: FastifyReply) {
    this.method = request.method;
    this.path = pathOfTarget(request.url);
    this.native = request;
    this.#reply = reply;
  }

  get address(): string {
    return this.native.ip;
  }

  header(name: string): string | undefined {
    const { headers } = this.native;
    const value = headers[name] ?? (name === "host" ? headers[":authority"] : undefined);
    return typeof value === "string" ? value : value?.join(", ");
  }

  body(): RequestBody {
    const { body } = this.native;
    return typeof body === "string" ? { text: body } : { value: body };
  }

  onDisconnect(listener: () => void): void {
    onPrematureClose(this.#reply.raw, listener);
  }
}
