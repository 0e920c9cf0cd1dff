import type { JsonObject } from "@agentgate/protocol/a2a";
import type { Agent, AgentCredentials, AgentSkill, McpTools } from "../../../agents/index.ts";
import type { SchemaChecks } from "../../../json-schema/index.ts";
import type { McpServers } from "../../../mcp-servers/index.ts";
import type { Clock, Random } from "../../../runtime/index.ts";
import type { CallOptions } from "../a2a/a2a-client.ts";
import type { ParkedCalls } from "./parked-calls.ts";
import type { TaskTeller } from "./told-task.ts";
import type { ToolTask, ToolTaskStore } from "./tool-task-store.ts";

/** What turns of tools need. */
export interface ToolTurnOptions {
  servers: McpServers;
  tools: McpTools;
  credentials: AgentCredentials;
  store: ToolTaskStore;
  checks: SchemaChecks;
  parked: ParkedCalls;
  teller: TaskTeller;
  clock: Clock;
  random: Random;
}

/** A tool call, or what goes on with one. */
export interface TurnOrder {
  agent: Agent;
  skill: AgentSkill;
  args: JsonObject;
  contextId: string;
  /** The task that goes on with it, in its new turn. */
  task: ToolTask | undefined;
  /** What the tool was waiting for. */
  responses: JsonObject | undefined;
}

export interface TurnTerms {
  call: CallOptions;
  /** By the monotonic clock. */
  endsAt: number;
  signal: AbortSignal;
  /** Whether a task that goes on is told as it is, and not waited for. */
  returnsAtOnce: boolean;
  /** Told of what happens on the way. */
  tell: ((event: JsonObject) => Promise<unknown>) | undefined;
}

/** Whose call it is. Each has a scope: one without would share its sessions with others. */
export function ownerOf({ callerScope }: CallOptions): string {
  if (callerScope === undefined) throw new Error("a call of a tool is somebody's");
  return callerScope;
}
