import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Log, Random } from "../runtime/index.ts";
import { errorPage, prefersHtml } from "./error-page.ts";
import { JsonText, parseJsonBody } from "./json-body.ts";
import { isVersionedRoot, MethodTable } from "./paths.ts";
import { PROBLEM_MEDIA_TYPE, Problem } from "./problem.ts";
import { requestIdOf } from "./request-id.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    keepBodyText?: boolean;
  }
}

export interface HttpOptions {
  log: Log;
  random: Random;
  /** How callers reach this server; https switches Strict-Transport-Security on. */
  publicUrl: string;
  /** Origins that browsers may call from; none by default. */
  corsOrigins: readonly string[];
  /** Peers (addresses or CIDR ranges) whose X-Forwarded-For is believed; none by default. */
  trustedProxies: readonly string[];
  /** Largest request body in bytes. */
  bodyBytesMax: number;
}

/** The frame every route stands in: bodies, headers, errors, request ids. It knows no route. */
export function createHttpServer(options: HttpOptions): FastifyInstance {
  const app = Fastify({
    bodyLimit: options.bodyBytesMax,
    trustProxy: options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
    genReqId: requestIdOf(options.random),
    requestIdHeader: false,
    rewriteUrl: (request) => withoutVersion(request.url ?? "/"),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 512 },
    frameworkErrors: (error, request, reply) => sendProblem(asProblem(error), request, reply),
    clientErrorHandler: answerBrokenRequest,
    // A slow sender holds a socket, never a worker: headers within 10 s, the whole request within 60 s.
    http: { headersTimeout: 10_000, requestTimeout: 60_000, connectionsCheckingInterval: 1_000, maxHeaderSize: 16_384 },
    return503OnClosing: false,
    forceCloseConnections: "idle",
  });

  // No JSON schema is ever compiled: zod validates, and replies are serialised as they are.
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));

  app.removeAllContentTypeParsers();
  app.addContentTypeParser(/^application\/(?:[\w.-]+\+)?json\b/i, { parseAs: "string" }, (request, text, done) => {
    try {
      const value = parseJsonBody(text as string);
      done(null, request.routeOptions.config.keepBodyText ? new JsonText(value, text as string) : value);
    } catch (error) {
      done(error as Error);
    }
  });
  app.addContentTypeParser("*", (_request, payload, done) => {
    let empty = true;
    payload.on("data", () => {
      if (empty) done(unsupportedMediaType());
      empty = false;
    });
    payload.on("end", () => empty && done(null));
    payload.on("error", (error) => empty && done(error));
  });

  app.addHook("onRequest", securityHeaders(options));
  const methods = new MethodTable(app);
  app.setNotFoundHandler((request, reply) => {
    const allowed = methods.allowedFor(request.url);
    const problem =
      allowed.length > 0 && !allowed.includes(request.method)
        ? new Problem(405, "Method Not Allowed", { headers: { allow: allowed.join(", ") } })
        : new Problem(404, "Not Found");
    return sendProblem(problem, request, reply);
  });
  app.setErrorHandler((error, request, reply) => {
    const problem = asProblem(error);
    if (problem.status >= 500 && !(error instanceof Problem)) {
      options.log.error(
        { err: error, requestId: request.id, method: request.method, url: request.url },
        "request failed",
      );
    }
    return sendProblem(problem, request, reply);
  });
  return app;
}

function withoutVersion(url: string): string {
  return url.startsWith("/v1/") && isVersionedRoot(url.slice(3)) ? url.slice(3) : url;
}

function securityHeaders({ publicUrl, corsOrigins }: HttpOptions) {
  const fixed: Record<string, string> = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    ...(publicUrl.startsWith("https:") && { "strict-transport-security": "max-age=31536000; includeSubDomains" }),
  };
  const allowed = new Set(corsOrigins);
  return (request: FastifyRequest, reply: FastifyReply, done: () => void) => {
    reply.headers(fixed);
    reply.header("x-request-id", request.id);
    const { origin } = request.headers;
    if (origin === undefined || !allowed.has(origin)) return done();
    reply.headers({ "access-control-allow-origin": origin, vary: "Origin", "access-control-expose-headers": EXPOSED });
    if (request.method !== "OPTIONS" || !request.headers["access-control-request-method"]) return done();
    reply.headers({
      "access-control-allow-methods": "GET, POST, PUT, DELETE",
      "access-control-allow-headers":
        "Authorization, Content-Type, Idempotency-Key, X-AgentGate-Payer-Key, X-Request-Id",
      "access-control-max-age": "600",
    });
    reply.code(204).send();
  };
}

const EXPOSED =
  "X-Request-Id, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, Idempotency-Replayed";

const unsupportedMediaType = () =>
  new Problem(415, "Send the body as JSON, with the header Content-Type: application/json");

/** Any thrown value as what the caller may see of it. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { statusCode, code, message } = error as { statusCode?: number; code?: string; message?: string };
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") return new Problem(413, "The request body is too large");
  if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE") return unsupportedMediaType();
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new Problem(statusCode, message ?? "Bad request");
  return new Problem(500, "Internal server error; the request id identifies it in the server's log");
}

export function sendProblem(problem: Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.code(problem.status).headers(problem.headers);
  const hasPage = problem.status === 404 || problem.status >= 500;
  if (hasPage && prefersHtml(request.headers.accept)) {
    return reply.type("text/html; charset=utf-8").send(errorPage(problem.status, problem.message));
  }
  const instance = request.originalUrl.split("?", 1)[0] ?? "/";
  return reply.type(PROBLEM_MEDIA_TYPE).send(JSON.stringify(problem.toBody(instance)));
}

/** What cannot be parsed as HTTP still gets the contract's shape, then the connection ends. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }[error.code ?? ""] ?? 400;
  const detail = { 431: "The request headers are too large", 408: "The request took too long to arrive" }[status];
  const body = JSON.stringify(new Problem(status, detail ?? "The request is not valid HTTP/1.1").toBody("/"));
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: ${PROBLEM_MEDIA_TYPE}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
