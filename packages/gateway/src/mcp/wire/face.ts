import type { JsonObject } from "@agentgate/protocol/a2a";
import { rpcCodes } from "@agentgate/protocol/mcp";
import type { FastifyReply, FastifyRequest } from "fastify";
import { noteMiss, Problem } from "../../http/index.ts";
import type { Log } from "../../runtime/index.ts";
import { Channel, type ChannelOptions } from "./channel.ts";
import { demandOwnOrigin, type GuardOptions } from "./guard.ts";
import { McpError } from "./mcp-error.ts";
import { idIn, type McpNotice, type McpRequest, readMessage, seemsLegacy } from "./message.ts";
import { isUnforeseen, refusalOf } from "./refusal.ts";

export interface FaceOptions extends ChannelOptions {
  guard: GuardOptions;
  log: Log;
}

/** What stands at one address. */
export interface Place {
  /** Whose key it is, where that is asked before anything of the body is looked at. @throws Problem 401, 403 */
  greet?(request: FastifyRequest): Promise<unknown>;
  /** @throws McpError, Problem for what is refused before it is answered */
  answer(message: McpRequest, request: FastifyRequest, channel: Channel, reply: FastifyReply): Promise<FastifyReply>;
  /** Takes what asks for no answer; undefined where nobody has to know of it. */
  notice?(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined>;
  /** Answers a request of a revision that is not spoken here; undefined where there is nobody else who might. */
  unread?(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined>;
  /** Opens the stream of a session, or ends the session; undefined where there are none. */
  session?(method: "GET" | "DELETE", request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined>;
}

/** The Streamable HTTP transport: one message in each POST, and one answer. */
export class McpFace {
  readonly #options: FaceOptions;

  constructor(options: FaceOptions) {
    this.#options = options;
  }

  async handle(request: FastifyRequest, reply: FastifyReply, place: Place): Promise<FastifyReply> {
    const text = typeof request.body === "string" ? request.body : "";
    let message: McpRequest | McpNotice | undefined;
    let channel: Channel | undefined;
    try {
      demandOwnOrigin(request, this.#options.guard);
      demandJson(request);
      if (place.greet) await place.greet(request);
      message = readMessage(request, text);
      if (message.kind !== "request") return (await place.notice?.(request, reply)) ?? reply.code(202).send();
      channel = new Channel(message, request, reply, this.#options);
      return await place.answer(message, request, channel, reply);
    } catch (error) {
      const passed = isUnknownRevision(error) ? await this.#unread(request, reply, place) : undefined;
      if (passed) return passed;
      this.#note(error, request, reply);
      return this.#refuse(request, reply, error, { text, message, channel });
    }
  }

  async #unread(request: FastifyRequest, reply: FastifyReply, place: Place): Promise<FastifyReply | undefined> {
    try {
      return await place.unread?.(request, reply);
    } catch (error) {
      this.#note(error, request, reply);
      return this.#refuse(request, reply, error, { text: String(request.body) });
    }
  }

  /** Answers a request without a message: of servers that keep sessions alone. */
  async session(
    method: "GET" | "DELETE",
    request: FastifyRequest,
    reply: FastifyReply,
    place: Place,
  ): Promise<FastifyReply> {
    try {
      demandOwnOrigin(request, this.#options.guard);
      const answered = await place.session?.(method, request, reply);
      return (
        answered ??
        this.#refuse(request, reply, new Problem(405, NO_SESSIONS, { headers: { allow: "POST" } }), { text: "" })
      );
    } catch (error) {
      this.#note(error, request, reply);
      return this.#refuse(request, reply, error, { text: "" });
    }
  }

  /** Answers what went wrong before a body was read. */
  refuse(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
    const text = typeof request.body === "string" ? request.body : "";
    return this.#refuse(request, reply, this.#foreign(request) ?? error, { text });
  }

  /** Where a page comes from counts before all else. */
  #foreign(request: FastifyRequest): unknown {
    try {
      demandOwnOrigin(request, this.#options.guard);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  #note(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    noteMiss(request, error);
    if (!isUnforeseen(error)) return;
    this.#options.log.error({ err: error, requestId: request.id }, "request failed");
    reply.isLogged = true;
  }

  #refuse(
    request: FastifyRequest,
    reply: FastifyReply,
    error: unknown,
    {
      text,
      message,
      channel,
    }: { text: string; message?: McpRequest | McpNotice | undefined; channel?: Channel | undefined },
  ): FastifyReply {
    const known = message?.kind === "request" ? message : undefined;
    const isLegacy = known ? !known.era.isModern : seemsLegacy(request, text);
    const { status, problem, headers, error: told } = refusalOf(error, { isLegacy, instance: pathOf(request) });
    reply.refusal = problem;
    if (channel) return channel.refuse(told, channel.isAwaited ? 200 : status, headers);
    const id = idIn(text) ?? (isLegacy ? "null" : undefined);
    const body: JsonObject = { error: told };
    const json = `{"jsonrpc":"2.0"${id === undefined ? "" : `,"id":${id}`},${JSON.stringify(body).slice(1)}`;
    return reply.code(status).headers(headers).header("content-type", "application/json").send(json);
  }
}

const isUnknownRevision = (error: unknown): boolean =>
  error instanceof McpError && error.code === rpcCodes.unsupportedVersion;

const NO_SESSIONS = "There are no sessions here: send each message by POST";

const pathOf = ({ originalUrl }: FastifyRequest): string => originalUrl.split("?", 1)[0] || "/";

/** @throws Problem 415 */
function demandJson({ headers }: FastifyRequest): void {
  const type = headers["content-type"];
  if (type !== undefined && /^application\/json\s*(?:;|$)/i.test(type)) return;
  throw new Problem(415, "Send messages as Content-Type: application/json");
}
