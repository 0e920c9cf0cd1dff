import { isObject, type JsonObject } from "@agentgate/protocol/a2a";
import { encodeHeaderValue, nameOfRequest } from "@agentgate/protocol/mcp";
import type { FastifyRequest } from "fastify";
import { type Agent, type AgentCredentials, shareOwner } from "../../agents/index.ts";
import { Problem } from "../../http/index.ts";
import {
  type AnswerMeter,
  type Dialer,
  KeptBytes,
  type OutboundHeaders,
  type OutboundStreamCall,
  type OutboundStreamResponse,
  readEvents,
} from "../../outbound/index.ts";
import { exceededAnswerBound } from "../../routing/index.ts";
import { readLines } from "./read-lines.ts";

export interface PassageOptions {
  dialer: Dialer;
  credentials: AgentCredentials;
  responseBytesMax: number;
}

/** A request on its way to an agent's server. */
export interface Passing {
  agent: Agent;
  method: "POST" | "GET" | "DELETE";
  /** Of the caller, which is told again in headers of our own. */
  request: FastifyRequest;
  /** The message, as the server is to have it. */
  message: JsonObject | undefined;
  isModern: boolean;
  session: string | undefined;
  /** Of tracing, and arguments that the server wants to see in headers. */
  headers: Readonly<Record<string, string>>;
  timeoutMs: number;
  meter?: AnswerMeter | undefined;
}

const STREAM_BYTES_MAX = 2 ** 32;
/** Of what is no message one stream may have so much: to find that out takes longer than to read a message. */
const NO_MESSAGES_MAX = 64;

/** The way to servers whose answers are passed on: the one way out, fresh headers, the agent's own credential. */
export class Passage {
  readonly #options: PassageOptions;

  constructor(options: PassageOptions) {
    this.#options = options;
  }

  get responseBytesMax(): number {
    return this.#options.responseBytesMax;
  }

  async open({
    agent,
    method,
    request,
    message,
    isModern,
    session,
    headers,
    timeoutMs,
    meter,
  }: Passing): Promise<OutboundStreamCall> {
    const { dialer, credentials } = this.#options;
    const owner = shareOwner(agent);
    const version = single(request.headers["mcp-protocol-version"]);
    const name = nameOfRequest(String(message?.method), message?.params);
    return dialer.open({
      url: agent.url,
      method,
      headers: {
        ...headers,
        ...(version !== undefined && VERSION.test(version) && { "mcp-protocol-version": version }),
        ...(session !== undefined && { "mcp-session-id": session }),
        ...(isModern && typeof message?.method === "string" && { "mcp-method": message.method }),
        ...(isModern && name !== undefined && { "mcp-name": encodeHeaderValue(name) }),
        ...(message && { "content-type": "application/json" }),
        ...(method !== "DELETE" && { accept: method === "GET" ? EVENTS : acceptedBy(request) }),
        ...(await credentials.headersFor(agent.id, owner)),
      },
      ...(message && { body: JSON.stringify(message) }),
      timeoutMs,
      maxResponseBytes: STREAM_BYTES_MAX,
      agentId: agent.id,
      owner,
      meter,
    });
  }

  /** The one message of an answer that is no stream; undefined for one without. @throws Problem 502 for what is no message */
  async message({ status, headers, body }: OutboundStreamResponse, agent: Agent): Promise<JsonObject | undefined> {
    this.#demandLet(status, agent);
    const kept = new KeptBytes();
    for await (const chunk of body) {
      kept.add(chunk);
      if (kept.length > this.#options.responseBytesMax) throw unusable("sent too large an answer");
      body.keeps(kept.capacity);
    }
    const text = kept.take().toString("utf8");
    if (!/json/.test(String(headers["content-type"] ?? ""))) return undefined;
    const message = messageIn(text);
    if (!message && status < 400) throw unusable("answered something that is not MCP");
    return message;
  }

  /**
   * Hands over the messages of a stream, as they come, until one is enough. Names of events, with which a stream could be resumed, are dropped.
   * Some servers write a subscription's messages as lines. Rejects with Problem 502 for what is too much.
   */
  messages(
    { status, headers, body }: OutboundStreamResponse,
    agent: Agent,
    take: (message: JsonObject) => boolean | Promise<boolean>,
  ): Promise<void> {
    this.#demandLet(status, agent);
    const { responseBytesMax } = this.#options;
    const onUnfinished = (bytes: number) => {
      if (bytes > responseBytesMax) throw unusable("sent too large a message");
    };
    let noMessages = 0;
    const onData = (data: string) => {
      if (data.trim() === "") return true;
      const message = messageIn(data);
      if (message) return take(message);
      if (++noMessages > NO_MESSAGES_MAX) throw unusable("sent too much that is not MCP");
      return true;
    };
    if (!isEventStream({ status, headers })) return readLines(body, { onData, onUnfinished });
    return readEvents(body, {
      onEvent: ({ type, data }) => (type === undefined || type === "message" ? onData(data) : true),
      onUnfinished,
    });
  }

  /** It is the gateway that the server does not let in: no caller can do anything about that. @throws Problem 502 */
  #demandLet(status: number, agent: Agent): void {
    if (status !== 401 && status !== 403) return;
    if (status === 401) this.#options.credentials.refused(agent.id);
    throw new Problem(
      502,
      `The MCP server does not let the gateway in (HTTP ${status}); its owner has to look at its credential`,
      {
        code: "agent_credentials",
      },
    );
  }
}

const EVENTS = "text/event-stream";
const BOTH = "application/json, text/event-stream";
/** Whatever it says: the server judges it. */
const VERSION = /^[\x21-\x7e]{1,64}$/;

const single = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header[0] : header;

/** What the caller takes, where it says that in the words of the transport. */
function acceptedBy({ headers }: FastifyRequest): string {
  const given = headers.accept;
  return given !== undefined && /^[\w\s.,;=*/+-]{1,200}$/.test(given) && given !== "*/*" ? given : BOTH;
}

/** @param id the JSON text that the caller wrote */
export const isAnswerTo = (message: JsonObject, id: string): boolean =>
  message.method === undefined && JSON.stringify(message.id) === id;

export const isEventStream = ({ status, headers }: { status: number; headers: OutboundHeaders }): boolean =>
  status >= 200 && status < 300 && /^text\/event-stream\b/i.test(String(headers["content-type"] ?? ""));

/** @throws Problem 502 for one that is too much to be built */
function messageIn(text: string): JsonObject | undefined {
  const exceeded = exceededAnswerBound(text);
  if (exceeded) throw unusable(`sent a message that ${exceeded}`);
  try {
    const value = JSON.parse(text);
    return isObject(value) && value.jsonrpc === "2.0" ? value : undefined;
  } catch {
    return undefined;
  }
}

const unusable = (what: string) => new Problem(502, `The MCP server ${what}`, { code: "agent_invalid_response" });
