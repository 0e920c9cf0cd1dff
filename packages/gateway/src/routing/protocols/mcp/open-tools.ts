import type { Agent, AgentCredentials, AgentRegistry, McpTools } from "../../../agents/index.ts";
import { SchemaChecks } from "../../../json-schema/index.ts";
import { type Leases, Retention } from "../../../leases/index.ts";
import type { McpServers } from "../../../mcp-servers/index.ts";
import type { Dialer } from "../../../outbound/index.ts";
import type { AddGauge, Clock, Log, Random, Sealer, Timestamps } from "../../../runtime/index.ts";
import type { Storage } from "../../../storage/index.ts";
import type { AgentProtocol } from "../../agent-protocol.ts";
import { keptToolTasks } from "./kept-tool-tasks.ts";
import { ParkedCalls } from "./parked-calls.ts";
import { TaskTeller } from "./told-task.ts";
import { toolCard } from "./tool-card.ts";
import { ToolOrders } from "./tool-orders.ts";
import { ToolTaskStore } from "./tool-task-store.ts";
import { ToolTasks } from "./tool-tasks.ts";

export interface ToolsOptions {
  storage: Storage;
  sealer: Sealer;
  leases: Leases;
  agents: AgentRegistry;
  credentials: AgentCredentials;
  mcpServers: McpServers;
  mcpTools: McpTools;
  dialer: Dialer;
  clock: Clock;
  random: Random;
  timestamps: Timestamps;
  log: Log;
  gauge: AddGauge;
}

/** The way to agents that are MCP servers. */
export interface Tools {
  /** Asks them as agents of A2A are asked. */
  channel: Pick<ToolTasks, "call" | "open" | "hold">;
  cardOf: typeof toolCard;
  order: NonNullable<AgentProtocol["order"]>;
  start(): void;
  close(): Promise<void>;
}

export function openTools(options: ToolsOptions): Tools {
  const { agents, mcpServers: servers, mcpTools: tools } = options;
  const checks = new SchemaChecks();
  const store = new ToolTaskStore(options);
  const skills = (agent: Agent) => agents.skills(agent);
  const teller = new TaskTeller(options);
  const orders = new ToolOrders({ skills, checks, store, fresh: (agent) => tools.fresh(agent) });
  const parked = new ParkedCalls(options);
  options.gauge("agentgate_mcp_parked_calls", "Calls of tools that wait for their callers' answers", () => parked.size);
  const retention = new Retention(options, keptToolTasks(store));
  return {
    channel: new ToolTasks({
      ...options,
      servers,
      tools,
      checks,
      store,
      parked,
      teller,
      skills,
      find: (id) => agents.find(id),
    }),
    cardOf: toolCard,
    order: async (agent, { request, callerScope }) => ({ skill: await orders.judge(agent, request.task, callerScope) }),
    start: () => retention.start(),
    async close() {
      parked.close();
      await retention.close();
    },
  };
}
