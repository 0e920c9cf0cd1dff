import type { JsonObject } from "@agentgate/protocol/a2a";
import {
  agentApiVersion,
  agentIdHeader,
  agentRequestHeader,
  agentVersionHeader,
  confirmedHeader,
  eventStreamType,
  idempotencyKeyHeader,
  sessionIdHeader,
  type Tool,
} from "@agentgate/protocol/site";
import { type Agent, shareOwner } from "../../../agents/index.ts";
import type { OutboundStreamRequest } from "../../../outbound/index.ts";
import type { OutgoingTask } from "../../agent-protocol.ts";
import type { FlowSession } from "./handles.ts";

/** One request to a site, before it is dressed. */
export interface SiteRequest {
  agent: Agent;
  /** Where the site's paths begin. */
  base: string;
  tool: Tool;
  arguments: JsonObject;
  /** Of a step, and of a start, where it has no name yet. */
  session: (Pick<FlowSession, "label"> & Partial<FlowSession>) | undefined;
  isConfirmed: boolean;
  wantsEvents: boolean;
  /** Under which the site does it once. */
  onceKey: string;
  credentials: Readonly<Record<string, string>>;
  task: OutgoingTask;
}

/** What the gateway shows a site that knows callers by nothing else. */
const STATELESS_LABEL = "agentgate";

/** The request as it leaves: every header is the gateway's own or the owner's credential, none the caller's. */
export function toOutbound(request: SiteRequest): OutboundStreamRequest {
  const { agent, base, tool, session, isConfirmed, wantsEvents, onceKey, credentials, task } = request;
  return {
    url: base + tool.path,
    method: "POST",
    headers: lowerCased({
      ...task.headers,
      ...credentials,
      "content-type": "application/json",
      accept: wantsEvents ? `application/json, ${eventStreamType}` : "application/json",
      [agentRequestHeader]: "true",
      [agentVersionHeader]: agentApiVersion,
      [agentIdHeader]: session?.label ?? STATELESS_LABEL,
      [idempotencyKeyHeader]: onceKey,
      ...(session?.id !== undefined && { [sessionIdHeader]: session.id }),
      ...(isConfirmed && { [confirmedHeader]: "true" }),
    }),
    body: JSON.stringify(request.arguments),
    timeoutMs: task.timeoutMs,
    maxResponseBytes: task.responseBytesMax,
    agentId: agent.id,
    owner: shareOwner(agent),
    meter: task.meter,
  };
}

/** Of two spellings of one name, the later counts: no credential takes the place of what the gateway says. */
const lowerCased = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
