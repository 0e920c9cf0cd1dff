import type { JsonObject } from "@agentgate/protocol/a2a";
import type { FastifyReply } from "fastify";
import { Problem } from "../http/index.ts";
import type { Admission } from "../routing/index.ts";
import type { ToolCalls } from "./calls/tool-calls.ts";
import { problemResult } from "./calls/tool-result.ts";
import { handshake } from "./handshake.ts";
import { instructions } from "./instructions.ts";
import type { Listeners } from "./listen/listeners.ts";
import { demandTasks, type McpTasks } from "./tasks/mcp-tasks.ts";
import { agentTools } from "./tools/agent-list.ts";
import type { AgentTools } from "./tools/agent-tools.ts";
import type { Cursors } from "./tools/cursors.ts";
import type { ToolTexts } from "./tools/tool-texts.ts";
import type { AgentVisit } from "./visit.ts";
import { invalidParams, isUnfit, methodNotFound } from "./wire/mcp-error.ts";

export interface AgentServerOptions {
  admission: Admission;
  calls: ToolCalls;
  tasks: McpTasks;
  cursors: Cursors;
  tools: AgentTools;
  texts: ToolTexts;
  listeners: Listeners;
  /** Who answers. */
  serverInfo: JsonObject;
}

const INSTRUCTIONS = instructions("agent");

/** One agent as an MCP server, at `/agents/{id}/mcp`. */
export class AgentServer {
  readonly #options: AgentServerOptions;

  constructor(options: AgentServerOptions) {
    this.#options = options;
  }

  /** @throws McpError, Problem for what is refused before it is answered */
  async answer(visit: AgentVisit): Promise<FastifyReply> {
    const { method } = visit.message;
    if (method !== "tools/call" && !isTaskMethod(method)) return this.#answer(visit);
    try {
      return await (method === "tools/call" ? this.#call(visit) : this.#answer(visit));
    } catch (error) {
      // Whatever is asked of the agent takes its token there; what is refused before, here.
      if (isUnfit(error)) await this.#takeToken(visit);
      throw error;
    }
  }

  async #answer(visit: AgentVisit): Promise<FastifyReply> {
    const { message, era, channel } = visit;
    const greeting = handshake(message, { instructions: INSTRUCTIONS, serverInfo: this.#options.serverInfo });
    if (greeting) {
      await this.#takeToken(visit);
      return channel.complete(greeting);
    }
    switch (message.method) {
      case "tools/list":
        await this.#takeToken(visit);
        return agentTools(visit, this.#options);
      case "tasks/get":
      case "tasks/update":
      case "tasks/cancel":
        if (era.isModern) return this.#task(visit, message.method);
        break;
      case "subscriptions/listen":
        if (!era.isModern) break;
        await this.#takeToken(visit);
        return this.#listen(visit);
    }
    throw methodNotFound(message.method);
  }

  async #call(visit: AgentVisit): Promise<FastifyReply> {
    const { name } = visit.message.params;
    const found = typeof name === "string" ? this.#options.tools.named(visit.looked.agent, name) : undefined;
    const tool = found instanceof Promise ? await found : found;
    if (!tool) throw unknownTool(name);
    if (tool.state !== "changed") return this.#options.calls.call(visit, tool);
    return this.#options.calls.unasked(visit, tool, changedTool(name as string));
  }

  #listen(visit: AgentVisit): Promise<FastifyReply> {
    const { agent, callerScope: scope, keyUse } = visit.looked;
    const { listeners, tasks, tools } = this.#options;
    return listeners.listen(visit, {
      scope,
      keyUse: keyUse.keys.length > 0 ? keyUse : undefined,
      concerns: (topic, changed) => topic === "agents" && (changed?.includes(agent.id) ?? true),
      async task(taskId) {
        const task = await tasks.find(taskId, scope, agent.id);
        return tasks.get(visit, task, await tools.known(agent, task.tool));
      },
    });
  }

  async #task(visit: AgentVisit, method: "tasks/get" | "tasks/update" | "tasks/cancel"): Promise<FastifyReply> {
    demandTasks(visit);
    const { tasks } = this.#options;
    const { agent, callerScope } = visit.looked;
    const task = await tasks.find(visit.message.params.taskId, callerScope, agent.id);
    const tool = await this.#options.tools.known(agent, task.tool);
    const action = method === "tasks/get" ? "get" : method === "tasks/update" ? "update" : "cancel";
    return visit.channel.complete(await tasks[action](visit, task, tool));
  }

  /** Of what asks nothing of the agent: a call takes its token where it is admitted. */
  #takeToken({ caller }: AgentVisit): Promise<unknown> {
    return this.#options.admission.enter(caller);
  }
}

export const isTaskMethod = (method: string): boolean => method.startsWith("tasks/");

export const unknownTool = (name: unknown) =>
  invalidParams(
    `There is no tool ${typeof name === "string" ? name.slice(0, 100) : "without a name"} here`,
    "unknown_tool",
  );

/** What was approved is what is called, or nothing. */
const changedTool = (name: string) =>
  problemResult(
    new Problem(
      409,
      `The tool ${name.slice(0, 100)} was changed by its server, and waits for its owner to look at it`,
      {
        code: "tool_changed",
      },
    ),
  );
