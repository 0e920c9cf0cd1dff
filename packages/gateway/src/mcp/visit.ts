import type { FastifyRequest } from "fastify";
import type { Looked, TaskCaller } from "../routing/index.ts";
import type { Channel } from "./wire/channel.ts";
import type { Era, McpRequest } from "./wire/message.ts";

/** One request past the door: who asks, what, and the way back. */
export interface Visit {
  message: McpRequest;
  era: Era;
  channel: Channel;
  request: FastifyRequest;
}

/** Whose a request is, beside an agent. */
export interface AgentVisit extends Visit {
  /** As this caller sees the agent. */
  looked: Looked;
  caller: TaskCaller;
}
