export {
  A2aAgent,
  type AgentTaskFilter,
  type AgentTaskOptions,
  type MessageInput,
  type MessageOptions,
} from "./a2a-agent.ts";
export type { TaskExtras, TaskFile } from "./task-extras.ts";
export { type TaskInput, toTask } from "./task-input.ts";
export type { AgentKeyOptions } from "./task-keys.ts";
export type { TaskStreamEvent } from "./task-stream.ts";
export { TaskCalls, type TaskFilter, type TaskListOptions, type TaskOptions } from "./tasks.ts";
export { textOf } from "./text-of.ts";
