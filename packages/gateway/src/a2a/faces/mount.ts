import { A2A_MEDIA_TYPE } from "@agentgate/protocol/a2a";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Problem } from "../../http/index.ts";
import type { JsonRpcFace } from "./json-rpc-face.ts";
import type { RestFace } from "./rest-face.ts";

export interface FacesOptions {
  jsonRpc: JsonRpcFace;
  rest: RestFace;
  /** The agent that also answers at the root of the host. */
  rootAgentId: string | undefined;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Paths of the HTTP+JSON binding; what they ask is read from the undecoded path by the face. */
const restPaths: readonly [methods: ("GET" | "POST" | "DELETE")[], path: string][] = [
  [["POST"], "/:action(^message:(?:send|stream)$)"],
  [["GET"], "/tasks"],
  [["GET", "POST"], "/tasks/:task"],
  [["GET", "POST"], "/tasks/:task/pushNotificationConfigs"],
  [["GET", "DELETE"], "/tasks/:task/pushNotificationConfigs/:config"],
  [["GET"], "/extendedAgentCard"],
];

/** 0.3's clients may be strict about one transport for each address; `/rest` is the HTTP+JSON one of its own. */
const restBases = ["", "/rest", "/v1", "/rest/v1"];

/** Mounts both bindings for every agent. Bodies arrive as text: their errors are told in the binding's own words. */
export function mountFaces(app: FastifyInstance, { jsonRpc, rest, rootAgentId }: FacesOptions): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // Any type is read; the usual ones are named because Fastify then takes no type apart.
    const types = ["application/json", A2A_MEDIA_TYPE, "*"];
    for (const type of types) {
      scope.addContentTypeParser(type, (request, _payload, done) => scope.bodies.read(request, done));
    }
    const mount = (base: string, agentIdOf: (request: FastifyRequest) => string) => {
      const below = (request: FastifyRequest) => {
        const path = request.url.split("?", 1)[0]!.replace(/\/+$/, "");
        const rest = base === "" ? path : path.replace(/^\/agents\/[^/]+/, "");
        return rest.replace(/^\/(?:rest\/)?/, "");
      };
      scope.post(base === "" ? "/" : base, {
        handler: (request, reply) => jsonRpc.handle(request, reply, agentIdOf(request)),
        errorHandler: (error, request, reply) => jsonRpc.refuse(request, reply, asRefusal(error)),
      });
      for (const restBase of restBases) {
        const paths = restBase.endsWith("/v1") ? [...restPaths, [["GET"], "/card"] as const] : restPaths;
        for (const [methods, path] of paths) {
          scope.route({
            method: [...methods],
            url: base + restBase + path,
            handler: (request, reply) => rest.handle(request, reply, agentIdOf(request), below(request)),
            errorHandler: (error, request, reply) =>
              rest.refuse(request, reply, asRefusal(error), below(request).startsWith("v1/") ? "0.3" : "1.0"),
          });
        }
      }
      scope.get(`${base}/agent/authenticatedExtendedCard`, (request, reply) =>
        rest.handle(request, reply, agentIdOf(request), "v1/card"),
      );
    };
    mount("/agents/:id", ({ params }) => agentIdIn((params as { id: string }).id));
    if (rootAgentId !== undefined) mount("", () => rootAgentId);
  });
}

const BINDING_PATH =
  /^(?:\/agents\/[^/]+)?(?:\/rest)?(?<v03>\/v1)?\/(?:message:(?:send|stream)|tasks|tasks\/.+|extendedAgentCard)\/?$/;

/** The answer to what the router knows no handler for, on paths of the HTTP+JSON binding; undefined on others. */
export function refuseOnBinding(
  { rest, rootAgentId }: Pick<FacesOptions, "rest" | "rootAgentId">,
  problem: Problem,
  request: FastifyRequest,
  reply: FastifyReply,
): unknown {
  const path = request.url.split("?", 1)[0]!;
  const match = path.startsWith("/agents/") || rootAgentId !== undefined ? BINDING_PATH.exec(path) : null;
  return match ? rest.refuse(request, reply, problem, match.groups?.v03 ? "0.3" : "1.0") : undefined;
}

/** Ids that cannot be any agent's name none. */
function agentIdIn(given: string): string {
  const id = given.toLowerCase();
  return UUID.test(id) ? id : "00000000-0000-0000-0000-000000000000";
}

function asRefusal(error: unknown): unknown {
  const { statusCode } = error as { statusCode?: number };
  if (statusCode === 413) return new Problem(413, "The request body is too large");
  return statusCode !== undefined && statusCode < 500 ? new Problem(statusCode, "The request cannot be read") : error;
}
