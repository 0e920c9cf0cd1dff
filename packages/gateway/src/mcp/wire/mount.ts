import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Problem } from "../../http/index.ts";
import type { McpFace, Place } from "./face.ts";

/** Largest message, in bytes. */
const BODY_BYTES_MAX = 4 * 2 ** 20;

/** An address, and what stands there. */
export interface Address {
  /** As the router has it: `/agents/:id/mcp`. */
  path: string;
  placeOf(request: FastifyRequest): Place;
  /** Whether some servers there keep sessions, which have a stream of their own and an end. */
  hasSessions?: boolean;
}

/** Mounts MCP servers. Bodies arrive as text: their errors are told in the protocol's words. */
export function mountMcp(app: FastifyInstance, face: McpFace, addresses: readonly Address[]): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    for (const type of ["application/json", "*"]) {
      scope.addContentTypeParser(type, (request, _payload, done) => scope.bodies.read(request, done));
    }
    for (const { path, placeOf, hasSessions } of addresses) {
      scope.post(path, {
        bodyLimit: BODY_BYTES_MAX,
        config: { demandsUtf8: true },
        handler: (request, reply) => face.handle(request, reply, placeOf(request)),
        errorHandler: (error, request, reply) => face.refuse(request, reply, asRefusal(error)),
      });
      if (!hasSessions) continue;
      for (const method of ["GET", "DELETE"] as const) {
        scope.route({
          method,
          url: path,
          exposeHeadRoute: false,
          handler: (request, reply) => face.session(method, request, reply, placeOf(request)),
          errorHandler: (error, request, reply) => face.refuse(request, reply, asRefusal(error)),
        });
      }
    }
  });
}

const MCP_PATH = /^(?:\/v1)?(?:\/agents\/[^/]+|\/ucp)?\/mcp\/?$/;

/** The answer to another method at an address of MCP; undefined elsewhere. */
export function refuseMethod(
  face: McpFace,
  problem: Problem,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply | undefined {
  if (problem.status !== 405 || !MCP_PATH.test(request.url.split("?", 1)[0]!)) return undefined;
  return face.refuse(request, reply, problem);
}

function asRefusal(error: unknown): unknown {
  if (error instanceof Problem) return error;
  const { statusCode } = error as { statusCode?: number };
  if (statusCode === 413) return new Problem(413, "The message is larger than 4 MiB");
  return statusCode !== undefined && statusCode < 500 ? new Problem(statusCode, "The request cannot be read") : error;
}
