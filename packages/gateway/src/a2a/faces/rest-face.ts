import {
  A2A_MEDIA_TYPE,
  A2AError,
  type A2AVersion,
  dialectOf,
  isObject,
  type JsonObject,
  type Operation,
  operationOfPath,
  paramsOfQuery,
} from "@agentgate/protocol/a2a";
import type { FastifyReply, FastifyRequest } from "fastify";
import {
  formatEvent,
  noteMiss,
  Problem,
  parseJsonBody,
  qualityOf,
  varyByAccept,
  varyByCaller,
} from "../../http/index.ts";
import { httpCallerOf, Payload, TRACE_HEADER } from "../../routing/index.ts";
import type { Log } from "../../runtime/index.ts";
import type { A2ACall } from "../call.ts";
import type { A2AService } from "../service.ts";
import { givenParams } from "./given-params.ts";
import { bodyError, isUnforeseen, loggedCode, refusalOf } from "./problems.ts";
import { type EventSurroundings, sendEvents } from "./send-events.ts";
import type { ShopEntrance } from "./shop-entrance.ts";
import { statedExtensions, statedVersion } from "./version.ts";

/** A2A over HTTP+JSON: 1.0 below the agent's address, 0.3 below `v1/` (specification 1.0, section 11; 0.3, section 3.5.3). */
export class RestFace {
  readonly #service: A2AService;
  readonly #surroundings: EventSurroundings;
  readonly #log: Log;
  readonly #shop: ShopEntrance | undefined;

  constructor(service: A2AService, surroundings: EventSurroundings, log: Log, shop?: ShopEntrance) {
    this.#shop = shop;
    this.#service = service;
    this.#surroundings = surroundings;
    this.#log = log;
  }

  /** @param path below the interface's address, without a slash at its start, undecoded */
  async handle(request: FastifyRequest, reply: FastifyReply, agentId: string, path: string): Promise<unknown> {
    const isV03 = path.startsWith("v1/");
    const version: A2AVersion = isV03 ? "0.3" : "1.0";
    if (request.method === "GET") varyByCaller(request, reply);
    try {
      const target = operationOfPath(request.method, isV03 ? path.slice(3) : path);
      if (!target) throw new Problem(404, "Not Found");
      if ("allowed" in target) {
        throw new Problem(405, "Method Not Allowed", { headers: { allow: target.allowed.join(", ") } });
      }
      const stated = statedVersion(request);
      if (!isV03 && stated === "0.3") {
        throw new A2AError("VersionNotSupported", "Version 0.3 of this binding stands below v1/");
      }
      const { operation } = target;
      const call: A2ACall = {
        operation,
        params: readParams(request, operation, target.params, version),
        speech: { version, binding: "HTTP+JSON" },
        caller: httpCallerOf(request, agentId),
        extensions: statedExtensions(request),
        rpcId: JSON.stringify(request.id),
        connection: reply.raw,
        onTrace: (traceId) => void reply.header(TRACE_HEADER, traceId),
      };
      const answer = (await this.#shop?.reply(request, call)) ?? (await this.#service.handle(call));
      if (answer.extensions) reply.header(isV03 ? "x-a2a-extensions" : "a2a-extensions", answer.extensions);
      if (answer.headers) reply.headers(answer.headers);
      if ("result" in answer) return sendJson(request, reply, version, answer.result.text);
      const format = {
        event: (payload: Payload) => formatEvent(payload.text),
        error: (error: unknown) => {
          this.#note(error, request, reply);
          return formatEvent(JSON.stringify(errorBody(error, version).body), "error");
        },
      };
      return sendEvents(reply, answer, format, this.#surroundings);
    } catch (error) {
      this.#note(error, request, reply);
      return this.refuse(request, reply, error, version);
    }
  }

  #note(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    noteMiss(request, error);
    if (!isUnforeseen(error)) return;
    this.#log.error({ err: error, requestId: request.id }, "request failed");
    reply.isLogged = true;
  }

  refuse(request: FastifyRequest, reply: FastifyReply, error: unknown, version: A2AVersion): unknown {
    const { status, code, headers, body } = errorBody(error, version);
    reply.refusal = code;
    return sendJson(request, reply.code(status).headers(headers), version, JSON.stringify(body));
  }
}

/** In the media type that the request asks for, as far as its version has several. */
function sendJson(request: FastifyRequest, reply: FastifyReply, version: A2AVersion, body: string): unknown {
  if (version === "0.3") return reply.header("content-type", JSON_MEDIA_TYPE).send(body);
  varyByAccept(reply);
  return reply.header("content-type", mediaTypeFor(request)).send(body);
}

const JSON_MEDIA_TYPE = "application/json";

/** Of 1.0: 1.0.0 has `application/json`, 1.0.1 a type of its own, and some clients read nothing but the former. */
function mediaTypeFor({ headers }: FastifyRequest): string {
  const { accept, "content-type": given = "" } = headers;
  const ofA2A = qualityOf(accept, A2A_MEDIA_TYPE);
  const ofJson = qualityOf(accept, JSON_MEDIA_TYPE);
  const isAlike = ofA2A === 0 && ofJson === 0;
  const wantsJson = isAlike ? /^application\/json\s*(?:;|$)/i.test(given) : ofJson > ofA2A;
  return wantsJson ? JSON_MEDIA_TYPE : A2A_MEDIA_TYPE;
}

/** 0.3's error body is JSON-RPC's error object alone, as its SDKs have it. */
function errorBody(
  error: unknown,
  version: A2AVersion,
): { status: number; code: string; headers: Record<string, string>; body: JsonObject } {
  if (A2AError.isInstance(error)) {
    return {
      status: error.status,
      code: loggedCode(error),
      headers: {},
      body: version === "1.0" ? error.toRest() : error.toJsonRpc(version),
    };
  }
  const { status, code, headers, rest, rpc } = refusalOf(error, version);
  return { status, code, headers, body: version === "1.0" ? rest : rpc };
}

/** The parameters of path, query and body; a body that says everything goes through as it came. */
function readParams(
  request: FastifyRequest,
  operation: Operation,
  inPath: Record<string, string>,
  version: A2AVersion,
): Payload {
  const dialect = dialectOf(version, "HTTP+JSON");
  if (request.method !== "POST") {
    const query = Object.entries((request.query ?? {}) as Record<string, unknown>).map(
      ([name, value]): [string, string] => [name, [value].flat().join(",")],
    );
    return Payload.ofValue(dialect, { ...paramsOfQuery(operation, dialect.name, query), ...inPath });
  }
  const text = typeof request.body === "string" ? request.body : "";
  if (text.trim() === "") return Payload.ofValue(dialect, inPath);
  demandJson(request);
  const body = parseBody(text);
  // What some clients write where they have nothing to say.
  if (body === null) return Payload.ofValue(dialect, inPath);
  if (!isObject(body)) throw new A2AError("InvalidParams", "The body is a JSON object");
  const given = givenParams(operation, version, "HTTP+JSON", text, body);
  return Object.keys(inPath).length === 0 ? given : Payload.ofValue(dialect, { ...given.object, ...inPath });
}

function parseBody(text: string): unknown {
  try {
    return parseJsonBody(text);
  } catch (error) {
    throw bodyError(error);
  }
}

function demandJson({ headers }: FastifyRequest): void {
  const type = headers["content-type"];
  if (type === undefined || /^application\/(?:a2a\+)?json\s*(?:;|$)/i.test(type)) return;
  throw new A2AError("ContentTypeNotSupported", `Send the body as ${A2A_MEDIA_TYPE} or application/json`);
}
