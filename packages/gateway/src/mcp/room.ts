import type { JsonObject } from "@agentgate/protocol/a2a";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { A2ARoom } from "../a2a/index.ts";
import type { AgentCredentials, AgentRegistry, McpTools, SkillRegistry } from "../agents/index.ts";
import type { AuditLog } from "../audit/index.ts";
import { type HttpRoom, type OperationDoc, type Problem, parseExact, type RouteDefinition } from "../http/index.ts";
import { SchemaChecks } from "../json-schema/index.ts";
import { type Leases, Retention } from "../leases/index.ts";
import type { Limits } from "../limits/index.ts";
import type { OrgsRoom } from "../orgs/index.ts";
import type { Dialer } from "../outbound/index.ts";
import { httpCallerOf, type RoutingRoom } from "../routing/index.ts";
import type { AddGauge, Clock, Log, NetworkOf, Random, Sealer, Timestamps } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import { topupUrlOf, type UcpRoom } from "../ucp/index.ts";
import { AgentServer } from "./agent-server.ts";
import { AgentTasks } from "./agent-tasks.ts";
import { resultOfAnswer } from "./calls/call-answer.ts";
import { ToolCalls } from "./calls/tool-calls.ts";
import { mcpDocs } from "./docs.ts";
import { Door, type Guest } from "./door.ts";
import { Elicitation } from "./elicitation/elicitation.ts";
import { RequestStates } from "./elicitation/request-state.ts";
import { SpentStates } from "./elicitation/spent-states.ts";
import { GatewayServer, guestCaller } from "./gateway-server.ts";
import { keptCalls } from "./kept-calls.ts";
import { Listeners } from "./listen/listeners.ts";
import { McpProxy } from "./proxy/mcp-proxy.ts";
import { Passage } from "./proxy/passage.ts";
import { McpTasks } from "./tasks/mcp-tasks.ts";
import { TaskRows } from "./tasks/task-rows.ts";
import { AgentTools } from "./tools/agent-tools.ts";
import { Cursors } from "./tools/cursors.ts";
import { ToolTexts } from "./tools/tool-texts.ts";
import { toolsetRoutes } from "./toolset/toolset-routes.ts";
import { ToolsetTools } from "./toolset/toolset-tools.ts";
import { Toolsets } from "./toolset/toolsets.ts";
import { UcpServer } from "./ucp/ucp-server.ts";
import { McpFace, type Place } from "./wire/face.ts";
import { mountMcp, refuseMethod } from "./wire/mount.ts";

/** What the room reads of the gateway's settings. */
export interface McpSettings {
  host: string;
  corsOrigins: readonly string[];
  topup: "open" | "admin" | "provider";
  topupCheckoutUrl: string | undefined;
  rateLimit: number;
  rateBurst: number;
  mcpList: "auto" | "all" | "search";
  mcpAnonymous: boolean;
  mcpTaskAfterMs: number;
  taskTimeoutMs: number;
  streamTimeoutMs: number;
  responseBytesMax: number;
}

export interface McpRoomOptions {
  settings: McpSettings;
  storage: Storage;
  leases: Leases;
  http: Pick<HttpRoom, "publicUrl" | "keepAlives">;
  limits: Pick<Limits, "limiter">;
  skills: Pick<SkillRegistry, "offered">;
  auditLog: AuditLog;
  timestamps: Timestamps;
  orgs: Pick<OrgsRoom, "authenticate" | "keyWatch" | "orgs" | "onDeleted">;
  routing: Pick<RoutingRoom, "pipeline" | "admission" | "protocol">;
  a2a: Pick<A2ARoom, "service">;
  ucp: Pick<UcpRoom, "binding">;
  agents: AgentRegistry;
  mcpTools: McpTools;
  credentials: AgentCredentials;
  dialer: Dialer;
  sealer: Sealer;
  clock: Clock;
  random: Random;
  networkOf: NetworkOf;
  log: Log;
  gauge: AddGauge;
  version: string;
}

/** Agents as the tools of MCP servers. */
export interface McpRoom {
  routes: RouteDefinition[];
  /** Of what `mount` mounts. */
  docs: readonly OperationDoc[];
  mount(app: FastifyInstance): void;
  /** Answers, in the protocol's words, another method at its addresses; undefined elsewhere. */
  refuse(problem: Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined;
  start(): void;
  /** Ends the subscriptions, which would keep the server open. */
  beginStop(): void;
  close(): Promise<void>;
}

export function openMcp(options: McpRoomOptions): McpRoom {
  const { settings, http, routing, sealer, clock, networkOf, log, version } = options;
  const { admission, pipeline, protocol } = routing;
  const { authenticate, keyWatch } = options.orgs;
  const agentTasks = new AgentTasks(options.a2a.service);
  const checks = new SchemaChecks();
  const spent = new SpentStates(options);
  const elicitation = new Elicitation({ states: new RequestStates(options), spent, agentTasks });
  const tasks: McpTasks = new McpTasks({
    rows: new TaskRows(options),
    agentTasks,
    pipeline,
    protocol,
    spent,
    resultOf: (answer, tool, { era }) => ({
      ...((tool && calls.faultyResult(answer, tool)) ?? resultOfAnswer(answer, era)),
    }),
    log,
  });
  const calls: ToolCalls = new ToolCalls({
    ...{ admission, pipeline, protocol, checks, elicitation, tasks, keyWatch, clock, log },
    topupUrl: topupUrlOf(settings),
    taskAfterMs: settings.mcpTaskAfterMs,
  });
  const idOfSlug = async (slug: string) => options.agents.idOfSlug(slug);
  const door = new Door({ admission, authenticate, networkOf, isOpen: settings.mcpAnonymous }, idOfSlug);
  const cursors = new Cursors(sealer);
  const texts = new ToolTexts();
  const serverInfo = { name: "agentgate", title: "AgentGate", version };
  const listeners = new Listeners({ ...options, keyWatch });
  options.gauge("agentgate_mcp_subscriptions", "Open subscriptions of MCP clients", () => listeners.count);
  const agents = new AgentServer({
    admission,
    calls,
    tasks,
    cursors,
    tools: new AgentTools(options.agents),
    texts,
    serverInfo,
    listeners,
  });
  const toolsets = new Toolsets(options);
  const gateway = new GatewayServer({
    ...{ door, calls, tasks, cursors, texts, checks, listeners, serverInfo },
    tools: new ToolsetTools({ offered: options.skills.offered, agents: options.agents, toolsets, idOfSlug }),
    limiter: options.limits.limiter,
    limit: { rate: settings.rateLimit, burst: settings.rateBurst },
    listing: settings.mcpList,
  });
  options.orgs.onDeleted((orgId) => toolsets.forget(orgId));
  const face = new McpFace({
    keepAlives: http.keepAlives,
    clock,
    log,
    serverInfo,
    guard: { ...settings, publicUrl: http.publicUrl },
  });
  const shop = new UcpServer({ checks, serverInfo, binding: options.ucp.binding });
  const retention = new Retention(options, keptCalls(options.storage));
  const proxy = new McpProxy({
    passage: new Passage({ ...options, responseBytesMax: settings.responseBytesMax }),
    ...{ pipeline, admission, checks, sealer, keyWatch, clock, storage: options.storage },
    ...{ agents: options.agents, tools: options.mcpTools },
    keepAlives: http.keepAlives,
    timeoutMs: settings.taskTimeoutMs,
    streamTimeoutMs: settings.streamTimeoutMs,
  });
  const visitOf = (request: FastifyRequest) => {
    const { id } = request.params as { id: string };
    return door.look(httpCallerOf(request, id), id);
  };
  const proxied = async (request: FastifyRequest, reply: FastifyReply) => {
    const { looked, caller } = await visitOf(request);
    return looked.agent.protocol === "mcp" ? { looked, caller, request, reply } : undefined;
  };
  /** An agent as an MCP server: one that is a server itself as that, in so far as it may be. */
  const agentPlace: Place = {
    async answer(message, request, channel, reply) {
      const { looked, caller } = await visitOf(request);
      const visit = { message, era: message.era, channel, request, looked, caller };
      const isServer = looked.agent.protocol === "mcp";
      return await (isServer ? proxy.answer(visit, sentIn(request), reply) : agents.answer(visit));
    },
    async notice(request, reply) {
      const visit = await proxied(request, reply);
      return visit && proxy.notice(visit, sentIn(request));
    },
    async unread(request, reply) {
      const visit = await proxied(request, reply);
      return visit && proxy.unread(visit, sentIn(request));
    },
    async session(method, request, reply) {
      const visit = await proxied(request, reply);
      return visit && proxy.session(visit, method);
    },
  };
  return {
    routes: toolsetRoutes({ toolsets, orgs: options.orgs.orgs }),
    docs: mcpDocs,
    mount(app) {
      mountMcp(app, face, [
        {
          path: "/agents/:id/mcp",
          hasSessions: true,
          placeOf: () => agentPlace,
        },
        {
          path: "/mcp",
          placeOf: (request): Place => {
            const caller = guestCaller(request);
            let guest: Promise<Guest> | undefined;
            const greet = () => {
              guest ??= door.greet(caller);
              return guest;
            };
            return {
              greet,
              async answer(message, request, channel) {
                return gateway.answer({ message, era: message.era, channel, request, guest: await greet(), caller });
              },
            };
          },
        },
        {
          path: "/ucp/mcp",
          placeOf: (): Place => ({
            answer: (message, request, channel) => shop.answer({ message, era: message.era, channel, request }),
          }),
        },
      ]);
    },
    refuse: (problem, request, reply) => refuseMethod(face, problem, request, reply),
    start: () => retention.start(),
    beginStop: () => listeners.close(),
    close: () => retention.close(),
  };
}

/** The message, with its numbers as they were written. */
const sentIn = ({ body }: FastifyRequest): JsonObject => parseExact(String(body)) as JsonObject;
