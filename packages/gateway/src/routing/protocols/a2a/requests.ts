import {
  A2A_MEDIA_TYPE,
  type AgentInterface,
  dialectOf,
  isStreaming,
  type JsonObject,
  methodOf,
  type Operation,
  pathOf,
} from "@agentgate/protocol/a2a";
import type { OutboundRequest } from "../../../outbound/index.ts";
import { Payload } from "./payload.ts";

/** What a call says beside its parameters. */
export interface CallContext {
  /** Tracing and chain headers. */
  headers: Record<string, string>;
  /** Value of `A2A-Extensions`. */
  extensions?: string | undefined;
  /** The JSON-RPC id to use, as JSON text. */
  rpcId: string;
}

/** Headers that authenticate the gateway to the agent. */
type Credentials = Readonly<Record<string, string>>;

const EVENTS_OR_JSON = "text/event-stream, application/json";
const JSON_OF_ANY_NAME = `application/json, ${A2A_MEDIA_TYPE}`;

type HttpRequest = Pick<OutboundRequest, "url" | "method" | "headers" | "body">;

/** The HTTP request that asks an agent's interface for an operation. The parameters are in the interface's dialect. */
export function buildRequest(
  target: AgentInterface,
  operation: Operation,
  given: Payload,
  { headers, extensions, rpcId }: CallContext,
  credentials: Credentials,
): HttpRequest {
  const params = target.tenant === undefined ? given : withTenant(given, target.tenant);
  const common: Record<string, string> = {
    ...headers,
    ...credentials,
    "a2a-version": target.version,
    accept: isStreaming(operation) ? EVENTS_OR_JSON : JSON_OF_ANY_NAME,
  };
  if (extensions) common[target.version === "1.0" ? "a2a-extensions" : "x-a2a-extensions"] = extensions;
  if (target.binding === "JSONRPC") {
    const method = methodOf(operation, target.version) ?? operation;
    const body = `{"jsonrpc":"2.0","id":${rpcId},"method":"${method}","params":${params.text}}`;
    common["content-type"] = "application/json";
    return { url: target.url, method: "POST", headers: common, body };
  }
  return restRequest(target, operation, params, common);
}

const withTenant = (params: Payload, tenant: string): Payload =>
  Payload.ofValue(params.dialect, { ...params.object, tenant });

function restRequest(
  target: AgentInterface,
  operation: Operation,
  params: Payload,
  headers: Record<string, string>,
): HttpRequest {
  const { method, path } = restPath(target, operation, params.object);
  const tenant = target.tenant === undefined ? "" : `/${encodeURIComponent(target.tenant)}`;
  // What a card's address says after its question mark belongs after the path.
  const [address = "", given] = target.url.split("?", 2);
  const base = address.replace(/\/+$/, "") + tenant + path;
  const urlWith = (query: string | undefined) => (query ? `${base}?${query}` : base);
  if (method === "POST") {
    const contentType = target.version === "1.0" ? A2A_MEDIA_TYPE : "application/json";
    return { url: urlWith(given), method, headers: { ...headers, "content-type": contentType }, body: params.text };
  }
  const query = new URLSearchParams(
    Object.entries(params.object)
      .filter(([name, value]) => !["id", "taskId", "tenant", "metadata"].includes(name) && value != null)
      .map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  return { url: urlWith([given, query].filter(Boolean).join("&")), method, headers };
}

function restPath(target: AgentInterface, operation: Operation, params: JsonObject) {
  if (target.version === "1.0") return pathOf(operation, params);
  if (operation === "GetExtendedAgentCard") return { method: "GET", path: "/v1/card" } as const;
  // 0.3's ProtoJSON names the task of a new push config in the config's own name, or as what it belongs to.
  const [, taskId] = /^tasks\/([^/]+)(?:\/|$)/.exec(String(params.name ?? params.parent ?? "")) ?? [];
  const { method, path } = pathOf(operation, taskId === undefined ? params : { ...params, taskId });
  return { method, path: `/v1${path}` };
}

export const dialectOfInterface = ({ version, binding }: AgentInterface) => dialectOf(version, binding);
