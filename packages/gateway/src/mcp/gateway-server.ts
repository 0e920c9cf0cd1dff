import { microDollarsFromNumber } from "@agentgate/protocol";
import { isObject, type JsonObject } from "@agentgate/protocol/a2a";
import type { FastifyReply, FastifyRequest } from "fastify";
import { actions, orgOf, requestUse } from "../access/index.ts";
import { memberTexts, Problem } from "../http/index.ts";
import type { SchemaChecks } from "../json-schema/index.ts";
import type { RateLimit, RateLimiter } from "../limits/index.ts";
import { httpCallerOf, type TaskCaller } from "../routing/index.ts";
import { hashKey } from "../runtime/index.ts";
import { isTaskMethod, unknownTool } from "./agent-server.ts";
import type { ToolCalls } from "./calls/tool-calls.ts";
import { unfit } from "./calls/tool-calls.ts";
import type { Door, Guest } from "./door.ts";
import { handshake } from "./handshake.ts";
import { instructions } from "./instructions.ts";
import type { Listeners } from "./listen/listeners.ts";
import { demandTasks, type McpTasks } from "./tasks/mcp-tasks.ts";
import { freshness } from "./tools/agent-list.ts";
import type { Cursors } from "./tools/cursors.ts";
import { type AgentTool, wireTool } from "./tools/tool.ts";
import { PAGE_SIZE, pageOf, type ToolPage } from "./tools/tool-page.ts";
import type { ToolTexts } from "./tools/tool-texts.ts";
import { narrowingKey, narrowingOf } from "./toolset/narrowing.ts";
import {
  CALL_TOOL,
  callSchema,
  FOUND_MAX,
  SEARCH_TOOL,
  searchSchema,
  searchTools,
  WORDS_MAX,
} from "./toolset/search-tools.ts";
import type { Reached, ToolsetTools } from "./toolset/toolset-tools.ts";
import type { Visit } from "./visit.ts";
import { invalidParams, isUnfit, methodNotFound } from "./wire/mcp-error.ts";

export interface GatewayServerOptions {
  door: Door;
  calls: ToolCalls;
  tasks: McpTasks;
  cursors: Cursors;
  texts: ToolTexts;
  tools: ToolsetTools;
  listeners: Listeners;
  checks: SchemaChecks;
  limiter: RateLimiter;
  /** Of what asks nothing of an agent, per caller. */
  limit: RateLimit;
  /** When a list has the tools of a search in place of all. */
  listing: "auto" | "all" | "search";
  /** Who answers. */
  serverInfo: JsonObject;
}

const INSTRUCTIONS = instructions("gateway");
/** Tools beyond which a list would fill a model's context. */
const LISTED_MAX = 40;

const SEARCH_TEXTS = searchTools.map((tool) => JSON.stringify(tool));

/** A visit to the gateway's own address. */
export interface GuestVisit extends Visit {
  guest: Guest;
  caller: TaskCaller;
}

/** All the agents of a caller's as one MCP server, at `/mcp`. */
export class GatewayServer {
  readonly #options: GatewayServerOptions;

  constructor(options: GatewayServerOptions) {
    this.#options = options;
  }

  /** @throws McpError, Problem for what is refused before it is answered */
  async answer(visit: GuestVisit): Promise<FastifyReply> {
    const { method } = visit.message;
    if (method !== "tools/call" && !isTaskMethod(method)) return this.#answer(visit);
    try {
      return await this.#answer(visit);
    } catch (error) {
      // Whatever is asked of an agent takes its token there; what is refused before, here.
      if (isUnfit(error)) await this.#takeToken(visit.guest);
      throw error;
    }
  }

  async #answer(visit: GuestVisit): Promise<FastifyReply> {
    const { message, era, channel, guest } = visit;
    const greeting = handshake(message, { instructions: INSTRUCTIONS, serverInfo: this.#options.serverInfo });
    if (greeting) {
      await this.#takeToken(guest);
      return channel.complete(greeting);
    }
    switch (message.method) {
      case "tools/list":
        await this.#takeToken(guest);
        return this.#list(visit);
      case "tools/call":
        return this.#call(visit, await this.#reach(visit));
      case "tasks/get":
      case "tasks/update":
      case "tasks/cancel":
        if (era.isModern) return this.#task(visit, message.method);
        break;
      case "subscriptions/listen":
        if (!era.isModern) break;
        await this.#takeToken(guest);
        return this.#listen(visit, await this.#reach(visit));
    }
    throw methodNotFound(message.method);
  }

  #reach({ guest, request }: GuestVisit): Promise<Reached> {
    return this.#options.tools.reach(guest, narrowingOf(request.query as Record<string, unknown>));
  }

  async #list(visit: GuestVisit): Promise<FastifyReply> {
    const { cursors, tools, texts, listing } = this.#options;
    const { era, message, guest, channel } = visit;
    const reached = await this.#reach(visit);
    const list = JSON.stringify(["gateway", guest.scope, narrowingKey(reached.narrowing)]);
    const after = cursors.open(message.params.cursor, list);
    const found = await tools.page(reached, PAGE_SIZE, after);
    const isLong = listing === "search" || (listing === "auto" && isMoreThan(LISTED_MAX, found, after));
    const page = isLong
      ? this.#searchable(reached, found.tools, visit)
      : pageOf(found.tools, found.next, { era, texts, nameOf: ({ fullName }) => fullName });
    const result: JsonObject = {
      ...(page.next !== undefined && { nextCursor: cursors.seal(page.next, list) }),
      ...(era.isModern && freshness("private")),
    };
    return channel.complete(result, { list: { name: "tools", entries: page.tools } });
  }

  /** The tools that the organization has named one by one, and those that find the others. */
  #searchable({ toolset }: Reached, found: readonly AgentTool[], { era }: GuestVisit): ToolPage {
    const { texts } = this.#options;
    const named = new Set(
      toolset?.entries.flatMap(({ agentId, names }) => (names ?? []).map((name) => `${agentId} ${name}`)),
    );
    const pinned = found.filter(({ agent, name }) => named.has(`${agent.id} ${name}`)).slice(0, LISTED_MAX);
    const { tools } = pageOf(pinned, undefined, { era, texts, nameOf: ({ fullName }) => fullName });
    // Each begins with its name, whose letters all come behind the quote that ends it.
    return { tools: [...tools, ...SEARCH_TEXTS].sort(), next: undefined };
  }

  async #call(visit: GuestVisit, reached: Reached): Promise<FastifyReply> {
    const { name } = visit.message.params;
    if (name === SEARCH_TOOL) return this.#search(visit, reached);
    if (name === CALL_TOOL) return this.#callThrough(visit, reached);
    const tool = typeof name === "string" ? await this.#options.tools.find(reached, name) : undefined;
    if (!tool) throw unknownTool(name);
    return this.#callTool(visit, tool);
  }

  async #callTool(visit: GuestVisit, tool: AgentTool): Promise<FastifyReply> {
    const { looked, caller } = await this.#options.door.look(visit.caller, tool.agent.id);
    return this.#options.calls.call({ ...visit, looked, caller }, tool);
  }

  /** As if the tool had been called itself: by its name in the body, which alone counts. */
  async #callThrough(visit: GuestVisit, reached: Reached): Promise<FastifyReply> {
    const { message, channel } = visit;
    const given = argumentsIn(message.params);
    // What the tool itself is called with, its own schema judges.
    const said = isObject(given.arguments) ? { ...given, arguments: {} } : given;
    const findings = this.#options.checks.demanded(callSchema, said, CALL_TOOL);
    const { name, arguments: inner = {} } = given;
    const tool = findings.length > 0 ? undefined : await this.#options.tools.find(reached, name as string);
    if (!tool) {
      await this.#takeToken(visit.guest);
      if (findings.length > 0) return channel.complete(unfit(findings));
      const words = `There is no tool ${name} here: search for it by ${SEARCH_TOOL}`;
      return channel.complete(unfit([{ pointer: "/name", keyword: "enum", message: words }]));
    }
    const text = memberTexts(memberTexts(message.paramsText)?.get("arguments") ?? "{}")?.get("arguments") ?? "{}";
    const params = { ...message.params, name, arguments: inner };
    return this.#callTool({ ...visit, message: { ...message, params, paramsText: `{"arguments":${text}}` } }, tool);
  }

  async #search(visit: GuestVisit, reached: Reached): Promise<FastifyReply> {
    const { channel, message, guest, era } = visit;
    const given = argumentsIn(message.params);
    await this.#takeToken(guest);
    const findings = this.#options.checks.demanded(searchSchema, given, SEARCH_TOOL);
    if (findings.length > 0) return channel.complete(unfit(findings));
    const { query, limit = 5, max_price } = given as { query: string; limit?: number; max_price?: number };
    const words = query.split(/\s+/).filter(Boolean).slice(0, WORDS_MAX);
    const priceMax = max_price === undefined ? undefined : microDollarsFromNumber(max_price);
    const found = await this.#options.tools.search(reached, words, Math.min(limit, FOUND_MAX), priceMax);
    const tools = found.flatMap((tool) => wireTool(tool, tool.fullName, era) ?? []);
    const structuredContent = { tools };
    const isStructured = era.isModern || era.revision !== "2025-03-26";
    return channel.complete({
      content: [{ type: "text", text: JSON.stringify(structuredContent) }],
      ...(isStructured && { structuredContent }),
    });
  }

  #listen(visit: GuestVisit, reached: Reached): Promise<FastifyReply> {
    const { listeners, tools } = this.#options;
    const { guest, request } = visit;
    const orgId = orgOf(guest.caller);
    const use = requestUse(request, actions.sendTasks);
    return listeners.listen(visit, {
      scope: guest.scope,
      keyUse: guest.caller && use,
      // Whose agents these are, the look tells.
      concerns: (topic, changed) => topic === "agents" || changed === undefined || changed.includes(orgId ?? ""),
      digest: async () => {
        const now = await this.#reach(visit);
        const { tools: found, next } = await tools.page(now, PAGE_SIZE, undefined);
        const told = found.map(({ fullName, digest, price }) => [fullName, digest, `${price}`]);
        return hashKey(JSON.stringify([told, next, narrowingKey(reached.narrowing)]));
      },
      task: (taskId) => this.#taskOf(visit, taskId, "get"),
    });
  }

  async #taskOf(visit: GuestVisit, taskId: unknown, action: "get" | "update" | "cancel"): Promise<JsonObject> {
    const { tasks, tools, door } = this.#options;
    const task = await tasks.find(taskId, visit.guest.scope);
    const tool = await tools.known(task.tool, visit.guest);
    const { looked, caller } = await door.look(visit.caller, task.agentId);
    return tasks[action]({ ...visit, looked, caller }, task, tool);
  }

  async #task(visit: GuestVisit, method: "tasks/get" | "tasks/update" | "tasks/cancel"): Promise<FastifyReply> {
    demandTasks(visit);
    const action = method === "tasks/get" ? "get" : method === "tasks/update" ? "update" : "cancel";
    return visit.channel.complete(await this.#taskOf(visit, visit.message.params.taskId, action));
  }

  /** @throws Problem 429 */
  async #takeToken({ scope }: Guest): Promise<void> {
    const taken = await this.#options.limiter.take(`mcp:${scope}`, this.#options.limit);
    if (taken.allowed) return;
    throw new Problem(429, "Too many requests", { headers: { "retry-after": `${taken.retryAfterSeconds}` } });
  }
}

/** Who comes to the gateway's own address, before anything of the message is looked at. */
export const guestCaller = (request: FastifyRequest): TaskCaller => httpCallerOf(request, "");

const isMoreThan = (
  max: number,
  { tools, next }: { tools: readonly unknown[]; next: string | undefined },
  after: unknown,
) => after === undefined && (tools.length > max || next !== undefined);

function argumentsIn({ arguments: given = {} }: JsonObject): JsonObject {
  if (!isObject(given)) throw invalidParams("arguments is an object");
  return given;
}
