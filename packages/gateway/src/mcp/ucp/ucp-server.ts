import { isObject, type JsonObject } from "@agentgate/protocol/a2a";
import { rpcCodes } from "@agentgate/protocol/mcp";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { SchemaChecks } from "../../json-schema/index.ts";
import type { BoundAnswer, RestBinding } from "../../ucp/index.ts";
import { argumentsOf } from "../calls/tool-arguments.ts";
import { handshake } from "../handshake.ts";
import { freshness } from "../tools/agent-list.ts";
import type { Visit } from "../visit.ts";
import { invalidParams, McpError, methodNotFound } from "../wire/mcp-error.ts";
import { inputSchemaOf, type UcpTool, ucpTools, wireUcpTool } from "./ucp-tools.ts";

export interface UcpServerOptions {
  checks: SchemaChecks;
  serverInfo: JsonObject;
  binding: Pick<RestBinding, "ask">;
}

const INSTRUCTIONS =
  "A shop of AI agents' tasks, by the Universal Commerce Protocol: search the catalog, make a checkout, complete it, read the order. " +
  "Every call names the platform in meta.ucp-agent.profile.";

/** The shop as an MCP server, at `/ucp/mcp`: each tool is an operation of its REST binding, which alone decides what comes of it. */
export class UcpServer {
  readonly #options: UcpServerOptions;

  constructor(options: UcpServerOptions) {
    this.#options = options;
  }

  /** @throws McpError for what is refused before the shop is asked, or by it */
  async answer(visit: Visit): Promise<FastifyReply> {
    const { message, era, channel } = visit;
    const greeting = handshake(message, { instructions: INSTRUCTIONS, serverInfo: this.#options.serverInfo });
    if (greeting) return channel.complete(greeting);
    switch (message.method) {
      case "tools/list":
        return channel.complete({ tools: ucpTools.map(wireUcpTool), ...(era.isModern && freshness("public")) });
      case "tools/call":
        return this.#call(visit);
      default:
        throw methodNotFound(message.method);
    }
  }

  async #call({ message, request, channel, era }: Visit): Promise<FastifyReply> {
    const { name } = message.params;
    const tool = ucpTools.find((one) => one.name === name);
    if (!tool)
      throw invalidParams(`There is no tool ${typeof name === "string" ? name.slice(0, 100) : "without a name"} here`);
    const { value, exact } = argumentsOf(message);
    // What is in the payload, the operation judges.
    const payload = value[tool.payload ?? ""];
    const said = tool.payload && isObject(payload) ? { ...value, [tool.payload]: {} } : value;
    const [finding] = this.#options.checks.demanded(inputSchemaOf(tool), said, `ucp ${tool.name}`);
    if (finding) throw new McpError(rpcCodes.invalidParams, `${finding.pointer || "arguments"}: ${finding.message}`);
    if (isObject(payload) && "id" in payload && tool.takesId) {
      throw new McpError(rpcCodes.invalidParams, `The id stands beside ${tool.payload}, not in it`);
    }
    channel.keepAlive();
    const { status, body, headers } = await this.#ask(tool, value, exact, request);
    if (status >= 400) throw refusalOf(status, body, headers);
    const isStructured = era.isModern || era.revision !== "2025-03-26";
    return channel.complete({
      content: [{ type: "text", text: JSON.stringify(body) }],
      ...(isStructured && { structuredContent: body }),
    });
  }

  #ask(tool: UcpTool, value: JsonObject, exact: JsonObject, request: FastifyRequest): Promise<BoundAnswer> {
    const meta = value.meta as { "ucp-agent": { profile: string }; "idempotency-key"?: unknown };
    const { profile } = meta["ucp-agent"];
    if (!/^[\x21\x23-\x5b\x5d-\x7e]{1,2048}$/.test(profile)) {
      throw new McpError(PROFILE, "meta.ucp-agent.profile is no address", { problem: "invalid_profile_url" });
    }
    const key = meta["idempotency-key"];
    return this.#options.binding.ask({
      request,
      bodyText: typeof request.body === "string" ? request.body : "",
      agent: `profile="${profile}"`,
      idempotencyKey: typeof key === "string" ? key : undefined,
      method: tool.method,
      path: tool.path(encodeURIComponent(`${value.id ?? ""}`.toWellFormed())),
      payload: tool.payload && exact[tool.payload],
    });
  }
}

const PROFILE = -32_001;
const REFUSED = -32_000;

/** The protocol's own codes (ucp.dev, overview, error handling). */
const codes: Readonly<Record<string, number>> = {
  invalid_profile_url: PROFILE,
  profile_unreachable: PROFILE,
  profile_malformed: PROFILE,
  version_unsupported: PROFILE,
  digest_mismatch: rpcCodes.invalidRequest,
  algorithm_unsupported: rpcCodes.invalidRequest,
  request_too_large: rpcCodes.invalidParams,
  invalid_request: rpcCodes.invalidParams,
};

function refusalOf(status: number, body: JsonObject, headers: Record<string, unknown>): McpError {
  const { code, content } = body;
  const name = typeof code === "string" ? code : "refused";
  const known = codes[name] ?? (status >= 500 && status !== 503 ? rpcCodes.internalError : REFUSED);
  const retryAfter = headers["retry-after"];
  return new McpError(known, typeof content === "string" ? content : "The request was refused", {
    status,
    problem: name,
    data: { ...body, ...(retryAfter !== undefined && { retry_after: Number(retryAfter) }) },
  });
}
