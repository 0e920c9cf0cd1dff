import {
  A2AError,
  type A2AVersion,
  isMethodOfV01,
  isObject,
  isStreaming,
  majorMinor,
  type Operation,
  operationOfMethod,
} from "@agentgate/protocol/a2a";
import type { FastifyReply, FastifyRequest } from "fastify";
import { eventStreamHeaders, formatEvent, memberTexts, noteMiss, parseExact, parseJsonBody } from "../../http/index.ts";
import { httpCallerOf, type Payload, TRACE_HEADER } from "../../routing/index.ts";
import type { Log } from "../../runtime/index.ts";
import type { A2ACall } from "../call.ts";
import type { A2AService } from "../service.ts";
import { givenParams } from "./given-params.ts";
import { bodyError, isUnforeseen, loggedCode, refusalOf } from "./problems.ts";
import { type EventSurroundings, sendEvents } from "./send-events.ts";
import type { ShopEntrance } from "./shop-entrance.ts";
import { statedExtensions, statedVersion, versionIn } from "./version.ts";

/** A request as far as it could be read. */
interface Envelope {
  /** The id's JSON text, to be given back as it came; `null` where there is none. */
  id: string;
  operation: Operation;
  version: A2AVersion;
  params: Payload;
}

/** A2A over JSON-RPC 2.0: POST to the agent's address, both versions (specification 1.0, section 9; 0.3, section 3.3.1). */
export class JsonRpcFace {
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

  async handle(request: FastifyRequest, reply: FastifyReply, agentId: string): Promise<unknown> {
    const text = typeof request.body === "string" ? request.body : "";
    let envelope: Envelope | undefined;
    const members = membersIn(text);
    const id = idIn(members);
    try {
      demandJson(request);
      envelope = readEnvelope(request, text, members, id);
      const { operation, version, params } = envelope;
      const call: A2ACall = {
        operation,
        params,
        speech: { version, binding: "JSONRPC" },
        caller: httpCallerOf(request, agentId),
        extensions: statedExtensions(request),
        rpcId: envelope.id,
        connection: reply.raw,
        onTrace: (traceId) => void reply.header(TRACE_HEADER, traceId),
      };
      const answer = (await this.#shop?.reply(request, call)) ?? (await this.#service.handle(call));
      if (answer.extensions) reply.header(version === "1.0" ? "a2a-extensions" : "x-a2a-extensions", answer.extensions);
      if (answer.headers) reply.headers(answer.headers);
      if ("result" in answer) return sendJson(reply, `{"jsonrpc":"2.0","id":${id},"result":${answer.result.text}}`);
      const format = {
        event: (payload: Payload) => formatEvent(`{"jsonrpc":"2.0","id":${id},"result":${oneLine(payload.text)}}`),
        error: (error: unknown) => {
          this.#note(error, request, reply);
          return formatEvent(errorText(id, error, version).body);
        },
      };
      return sendEvents(reply, answer, format, this.#surroundings);
    } catch (error) {
      this.#note(error, request, reply);
      return this.#refuse(request, reply, id, error, envelope);
    }
  }

  #note(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    noteMiss(request, error);
    if (!isUnforeseen(error)) return;
    this.#log.error({ err: error, requestId: request.id }, "request failed");
    reply.isLogged = true;
  }

  refuse(request: FastifyRequest, reply: FastifyReply, error: unknown): unknown {
    return this.#refuse(request, reply, "null", error, undefined);
  }

  #refuse(
    request: FastifyRequest,
    reply: FastifyReply,
    given: string,
    error: unknown,
    envelope: Envelope | undefined,
  ): unknown {
    // A request that is not JSON has no id that could be known (JSON-RPC 2.0, section 5).
    const id = !envelope && A2AError.isInstance(error) && error.is("ParseError") ? "null" : given;
    const { status, code, headers, body } = errorText(id, error, envelope?.version ?? versionMeant(request));
    reply.code(status).headers(headers);
    reply.refusal = code;
    // 0.3's clients take nothing but a stream for the answer to a streaming method.
    if (status === 200 && envelope?.version === "0.3" && isStreaming(envelope.operation)) {
      return reply.headers(eventStreamHeaders).send(formatEvent(body));
    }
    return sendJson(reply, body);
  }
}

const sendJson = (reply: FastifyReply, body: string) => reply.header("content-type", "application/json").send(body);

/** The protocol's errors are answers, with status 200; what the gateway refuses has its real status. */
function errorText(
  id: string,
  error: unknown,
  version: A2AVersion,
): { status: number; code: string; headers: Record<string, string>; body: string } {
  const { status, code, headers, rpc } = A2AError.isInstance(error)
    ? { status: 200, code: loggedCode(error), headers: {}, rpc: error.toJsonRpc(version) }
    : refusalOf(error, version);
  return { status, code, headers, body: `{"jsonrpc":"2.0","id":${id},"error":${JSON.stringify(rpc)}}` };
}

const oneLine = (json: string): string => (/[\r\n]/.test(json) ? JSON.stringify(parseExact(json)) : json);

function demandJson({ headers }: FastifyRequest): void {
  const type = headers["content-type"];
  if (type === undefined || /^application\/json\s*(?:;|$)/i.test(type)) return;
  throw new A2AError("ContentTypeNotSupported", "Send JSON-RPC as Content-Type: application/json");
}

/** Of a request that could not be read: one that names a version which is not spoken here is no client of 0.3. */
function versionMeant(request: FastifyRequest): A2AVersion {
  const stated = versionIn(request);
  if (stated !== undefined) return majorMinor(stated) === "0.3" ? "0.3" : "1.0";
  const text = typeof request.body === "string" ? request.body : "";
  return versionOfGrammar(membersIn(text)?.get("method")?.replaceAll('"', "") ?? "");
}

/** 1.0 and 0.3 share no method. */
const versionOfGrammar = (method: string): A2AVersion => (operationOfMethod(method, "1.0") ? "1.0" : "0.3");

type Members = ReadonlyMap<string, string>;

/** The request's members as they were written, as far as they can be told. */
function membersIn(text: string): Members | undefined {
  try {
    return memberTexts(text);
  } catch {
    return undefined;
  }
}

/** The id as it was written, also of a request that is refused for something else; `null` for one that JSON-RPC does not allow. */
function idIn(members: Members | undefined): string {
  try {
    const id = members?.get("id") ?? "null";
    return isRpcId(JSON.parse(id)) ? id : "null";
  } catch {
    return "null";
  }
}

const isRpcId = (id: unknown): boolean => id === null || typeof id === "string" || typeof id === "number";

/** @throws A2AError for a request that JSON-RPC, or the version's grammar of methods, does not allow */
function readEnvelope(request: FastifyRequest, text: string, members: Members | undefined, id: string): Envelope {
  let body: unknown;
  try {
    body = parseJsonBody(text);
  } catch (error) {
    throw bodyError(error);
  }
  if (!isObject(body)) throw new A2AError("InvalidRequest", "The body is one JSON-RPC request object");
  const { jsonrpc, method, params } = body;
  if (body.id !== undefined && !isRpcId(body.id)) {
    throw new A2AError("InvalidRequest", "An id is a string, a number or null");
  }
  if (jsonrpc !== "2.0" || typeof method !== "string" || method === "") {
    throw new A2AError("InvalidRequest", 'A request has "jsonrpc": "2.0" and a method');
  }
  // Without a stated version the grammar of the method tells.
  const version = statedVersion(request) ?? versionOfGrammar(method);
  const operation = operationOfMethod(method, version);
  if (!operation) throw methodNotFound(method);
  if (params === undefined || params === null)
    return { id, operation, version, params: givenParams(operation, version, "JSONRPC", "{}", {}) };
  if (!isObject(params)) throw new A2AError("InvalidParams", "params is an object");
  const given = givenParams(operation, version, "JSONRPC", members!.get("params")!, params);
  return { id, operation, version, params: given };
}

function methodNotFound(method: string): A2AError {
  const hint = isMethodOfV01(method) ? ", which is of A2A 0.1; send SendMessage (1.0) or message/send (0.3)" : "";
  return new A2AError("MethodNotFound", `Method not found: ${method.slice(0, 100)}${hint}`);
}
