import type { FastifyReply, FastifyRequest } from "fastify";
import type { Looked, TaskCaller } from "../../routing/index.ts";

/** Who asks what of an agent's server, outside of requests with an answer of their own. */
export interface ProxyVisit {
  looked: Looked;
  caller: TaskCaller;
  request: FastifyRequest;
  reply: FastifyReply;
}
