import { Readable } from "node:stream";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { type Clock, type Log, type NetworkOf, networkOf, plainAddress, type Random } from "../runtime/index.ts";
import { varyByAccept } from "./accept.ts";
import { asProblem, type Unavailability, unavailable, unsupportedMediaType } from "./as-problem.ts";
import { BodyIntake, type BodyIntakeOptions } from "./body-intake.ts";
import { trustIn } from "./client-address.ts";
import { errorPage, prefersHtml } from "./error-page.ts";
import { announcesLargeBody, brokenOff } from "./incoming-body.ts";
import { JsonText, parseJsonBody } from "./json-body.ts";
import { brokenRequests, lastAnswers } from "./last-answer.ts";
import { demandPatience, type Misses, noteMiss } from "./misses.ts";
import { isVersionedRoot, MethodTable, pathOf } from "./paths.ts";
import { boundPipelining } from "./pipelining.ts";
import { PROBLEM_MEDIA_TYPE, Problem } from "./problem.ts";
import { demandSoundHead } from "./request-head.ts";
import { requestIdOf } from "./request-id.ts";
import { loggedPath, type RequestLog } from "./request-log.ts";
import type { Refuse } from "./routes.ts";
import { StagedClose } from "./staged-close.ts";
import { standardHeaders } from "./standard-headers.ts";
import type { Undelivered } from "./undelivered.ts";
import { changesProtocol } from "./upgrades.ts";

declare module "fastify" {
  interface FastifyInstance {
    /** Reads bodies as text, within the bounds of their senders and of the process: for every parser of bodies. */
    bodies: BodyIntake;
    /** How connections end after their last answer. */
    stagedClose: StagedClose;
    misses?: Misses | undefined;
    undelivered?: Undelivered | undefined;
  }
  interface FastifyContextConfig {
    keepBodyText?: boolean;
    /** Bodies that are no UTF-8 are refused. */
    demandsUtf8?: boolean;
    /** Says the route's errors in words of its own. */
    refuse?: Refuse;
    /** Of a body that the handler reads itself; any other type is refused. */
    bodyType?: "multipart/form-data" | undefined;
  }
}

export interface HttpOptions {
  /** What to tell the caller when an error says that what the request needs is away for now; whoever knows of that has reported it. */
  unavailability?(error: unknown): Unavailability | undefined;
  /** Answers for a path without a handler that has error bodies of its own; undefined for any other. */
  refuse?(problem: Problem, request: FastifyRequest, reply: FastifyReply): unknown;
  log: Log;
  clock: Clock;
  random: Random;
  /** How callers reach this server; https switches Strict-Transport-Security on. */
  publicUrl: string;
  /** Origins that browsers may call from; none by default. */
  corsOrigins: readonly string[];
  /** Peers (addresses or CIDR ranges) whose X-Forwarded-For is believed; none by default. */
  trustedProxies: readonly string[];
  /** Largest request body in bytes. */
  bodyBytesMax: number;
  /** Largest request body in bytes of callers without a known key; by default the same. */
  anonymousBodyBytesMax?: number;
  /** All bodies under way together, in bytes; by default 128 MiB. */
  bodyBytesInFlight?: number;
  /** Whose key came with a large body; by default nobody's. */
  senderOf?: BodyIntakeOptions["senderOf"];
  /** What stands for a client that is known by its address alone; by default its IPv4 address or /64. */
  networkOf?: NetworkOf;
  /** Counts what was answered and is not read yet; nobody does by default. */
  undelivered?: Undelivered;
  /** How often clients may ask for what there is not; as often as they like by default. */
  misses?: Misses;
  /** Whether all that a request asks for by key or id is in memory, so that nothing has to be looked for. */
  isRemembered?(request: FastifyRequest): boolean;
  /** Has a line for each request; nobody does by default. */
  requestLog?: RequestLog;
  /** Paths where a connection may become a WebSocket; anywhere else a wish to change protocols is ignored. */
  socketPaths?: readonly RegExp[];
  /** How long requests may take to arrive. */
  patience?: Patience;
}

/** A slow sender holds a socket, never a worker. */
export interface Patience {
  /** Milliseconds for the head. */
  headMs: number;
  /** Milliseconds for the whole request. */
  requestMs: number;
  /** How often that is looked at. */
  checkMs: number;
}

const BODY_BYTES_IN_FLIGHT = 134_217_728;

const PATIENCE: Patience = { headMs: 10_000, requestMs: 60_000, checkMs: 1_000 };

/** zod validates, and replies are serialised as they are: no JSON schema is ever compiled, so Fastify's compilers are not loaded. */
const noSchemas = {
  buildValidator: () => () => () => true,
  buildSerializer: () => () => (reply: unknown) => JSON.stringify(reply),
};

/** The frame every route stands in: bodies, headers, errors, request ids. It knows no route. */
export function createHttpServer(options: HttpOptions): FastifyInstance {
  const { misses, isRemembered, undelivered, requestLog, patience = PATIENCE } = options;
  const setHeaders = standardHeaders(options);
  const stagedClose = new StagedClose(options.clock, options.networkOf ?? networkOf);
  const app = Fastify({
    bodyLimit: options.bodyBytesMax,
    trustProxy: trustIn(options.trustedProxies) ?? false,
    genReqId: requestIdOf(options.random),
    requestIdHeader: false,
    rewriteUrl: (request) => withoutVersion(request.url ?? "/"),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 512 },
    // Fastify runs no hook for a URL that it cannot read.
    frameworkErrors: (error, request, reply) =>
      setHeaders(request, reply, () => {
        endUnread(request, reply);
        sendProblem(asProblem(error), request, reply);
        requestLog?.noteAnswer(request, reply);
      }),
    clientErrorHandler: brokenRequests(lastAnswers({ ...options, stagedClose }), { ...options, stagedClose }),
    requestTimeout: patience.requestMs,
    http: {
      headersTimeout: patience.headMs,
      connectionsCheckingInterval: patience.checkMs,
      maxHeaderSize: 16_384,
      // A request without one is refused like any other that is unsound, with a problem.
      requireHostHeader: false,
      shouldUpgradeCallback: changesProtocol(options.socketPaths ?? []),
    },
    schemaController: { compilersFactory: noSchemas as never },
    return503OnClosing: false,
    forceCloseConnections: "idle",
  });

  boundPipelining(app.server);
  // What a client expects beside 100-continue, which Node answers, may be ignored (RFC 9110, section 10.1.1).
  app.server.on("checkExpectation", (request, response) => app.server.emit("request", request, response));
  stagedClose.serve(app.server);
  app.decorate("stagedClose", stagedClose);
  const bodies = new BodyIntake({
    bytesMax: options.bodyBytesMax,
    anonymousBytesMax: options.anonymousBodyBytesMax ?? options.bodyBytesMax,
    bytesInFlight: options.bodyBytesInFlight ?? BODY_BYTES_IN_FLIGHT,
    senderOf: options.senderOf ?? (() => undefined),
    networkOf: options.networkOf ?? networkOf,
    clock: options.clock,
  });
  app.decorate("bodies", bodies);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(/^application\/(?:[\w.-]+\+)?json\b/i, (request, _payload, done) => {
    if (request.is404) return done(null);
    bodies.read(request, (error, text = "") => {
      if (error) return done(error);
      try {
        const value = parseJsonBody(text);
        return done(null, request.routeOptions.config.keepBodyText ? new JsonText(value, text) : value);
      } catch (invalid) {
        return done(invalid as Error);
      }
    });
  });
  app.addContentTypeParser("*", (request, payload, done) => {
    // Whether there is such a route is said first: what it takes is of no interest where there is none.
    if (request.is404) return done(null);
    const { bodyType } = request.routeOptions.config;
    if (bodyType !== undefined && request.headers["content-type"]?.toLowerCase().startsWith(bodyType))
      return done(null);
    let empty = true;
    payload.on("data", () => {
      if (empty) done(unsupportedMediaType(bodyType));
      empty = false;
    });
    payload.on("end", () => empty && done(null));
    payload.on("error", () => empty && done(brokenOff()));
  });

  app.addHook("onRequest", setHeaders);
  app.addHook("onRequest", (request, reply, done) => {
    demandSoundHead(request.raw);
    bodies.expect(request.raw, reply.raw);
    done();
  });
  app.decorate("undelivered", undelivered);
  app.addHook("onSend", (request, reply, payload, done) => {
    endUnread(request, reply);
    // Fastify reads a stream to its end for whoever asks for its head alone.
    if (request.method === "HEAD" && payload instanceof Readable) payload.destroy();
    requestLog?.noteAnswer(request, reply);
    if (undelivered) undelivered.onSend(request, reply, payload, done);
    else done();
  });
  if (requestLog?.tellsAll) {
    app.addHook("onResponse", (request, reply, done) => {
      requestLog.noteEnd(request, reply);
      done();
    });
  }
  app.decorate("misses", misses);
  if (misses) {
    app.addHook("onRequest", (request, _reply, done) => {
      if (misses.any && !isRemembered?.(request)) demandPatience(misses, plainAddress(request.ip));
      done();
    });
  }
  const methods = new MethodTable(app);
  const answerUnrouted = (request: FastifyRequest, reply: FastifyReply) => {
    const allowed = methods.allowedFor(request.url);
    const problem =
      allowed.length > 0 && !allowed.includes(request.method)
        ? new Problem(405, "Method Not Allowed", { headers: { allow: allowed.join(", ") } })
        : new Problem(404, "Not Found");
    return options.refuse?.(problem, request, reply) ?? sendProblem(problem, request, reply);
  };
  app.setNotFoundHandler(answerUnrouted);
  app.setErrorHandler((error, request, reply) => {
    // Fastify looks at the head of a QUERY before it comes to whether anything answers one.
    if (request.is404 && (error as { code?: string }).code === "FST_ERR_ROUTE_MISSING_CONTENT_TYPE")
      return answerUnrouted(request, reply);
    const away = options.unavailability?.(error);
    const problem = away ? unavailable(away) : asProblem(error);
    noteMiss(request, problem);
    if (problem.status >= 500 && !away && !(error instanceof Problem)) {
      options.log.error(
        { err: error, requestId: request.id, method: request.method, path: loggedPath(request.url) },
        "request failed",
      );
      reply.isLogged = true;
    }
    return (request.routeOptions.config.refuse ?? sendProblem)(problem, request, reply);
  });
  return app;
}

function withoutVersion(url: string): string {
  return url.startsWith("/v1/") && isVersionedRoot(url.slice(3)) ? url.slice(3) : url;
}

/**
 * What is answered, however, before all of its body is there ends with the answer, unless so little is left that it is read by the way:
 * Node would read the rest, and as much as comes of it.
 */
function endUnread({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (!raw.complete && announcesLargeBody(raw)) reply.header("connection", "close");
}

export function sendProblem(problem: Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.code(problem.status).headers(problem.headers);
  reply.refusal = problem.code;
  const hasPage = problem.status === 404 || problem.status >= 500;
  if (hasPage) varyByAccept(reply);
  if (hasPage && prefersHtml(request.headers.accept)) {
    return reply.type("text/html; charset=utf-8").send(errorPage(problem.status, problem.message));
  }
  const instance = pathOf(request.originalUrl);
  return reply.type(PROBLEM_MEDIA_TYPE).send(JSON.stringify(problem.toBody(instance)));
}
