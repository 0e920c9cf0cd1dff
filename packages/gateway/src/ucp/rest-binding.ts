import type { FastifyInstance, FastifyRequest } from "fastify";
import { Problem } from "../http/index.ts";
import type { Negotiation } from "./negotiation.ts";
import type { PassedRequests } from "./passed-requests.ts";
import { codeOf, statusOf } from "./refusal.ts";

/** What another binding asks of the REST binding for one of its own requests. */
export interface BoundRequest {
  /** The request that came, with its body as it was sent. */
  request: FastifyRequest;
  bodyText: string;
  /** The platform, as `UCP-Agent` has it. */
  agent: string | undefined;
  idempotencyKey?: string | undefined;
  method: "GET" | "POST" | "PUT";
  path: string;
  payload?: unknown;
}

export interface BoundAnswer {
  status: number;
  body: Record<string, unknown>;
  headers: Record<string, unknown>;
}

/** The REST binding as other bindings ask it: it alone decides what comes of an operation, and says it in its own words. */
export class RestBinding {
  readonly #options: { negotiation: Negotiation; passed: PassedRequests };
  #app: Pick<FastifyInstance, "inject"> | undefined;

  constructor(options: { negotiation: Negotiation; passed: PassedRequests }) {
    this.#options = options;
  }

  /** The server whose routes are asked. */
  serve(app: Pick<FastifyInstance, "inject">): void {
    this.#app = app;
  }

  /** The platform signs what it sends: the signature of the request that came is verified, and the one that is made here needs none. */
  async ask({ request, bodyText, agent, idempotencyKey, method, path, payload }: BoundRequest): Promise<BoundAnswer> {
    const { negotiation, passed } = this.#options;
    try {
      await negotiation.verify(request, bodyText, agent);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const body = { code: codeOf(error), content: error.message };
      return { status: statusOf(error), body, headers: error.headers };
    }
    const { authorization, "x-api-key": apiKey } = request.headers;
    return passed.during(async (pass) => {
      const answer = await this.#app!.inject({
        method,
        url: path,
        remoteAddress: request.ip,
        headers: {
          ...pass,
          "request-id": request.id,
          ...(agent !== undefined && { "ucp-agent": agent }),
          ...(authorization !== undefined && { authorization }),
          ...(typeof apiKey === "string" && { "x-api-key": apiKey }),
          ...(idempotencyKey !== undefined && { "idempotency-key": idempotencyKey }),
          ...(payload !== undefined && { "content-type": "application/json" }),
        },
        ...(payload !== undefined && { payload: JSON.stringify(payload) }),
      });
      return { status: answer.statusCode, body: JSON.parse(answer.body), headers: answer.headers };
    });
  }
}
