/** States by their 1.0 name (ProtoJSON), with the name of 0.3. */
const states = {
  TASK_STATE_UNSPECIFIED: "unknown",
  TASK_STATE_SUBMITTED: "submitted",
  TASK_STATE_WORKING: "working",
  TASK_STATE_COMPLETED: "completed",
  TASK_STATE_FAILED: "failed",
  TASK_STATE_CANCELED: "canceled",
  TASK_STATE_INPUT_REQUIRED: "input-required",
  TASK_STATE_REJECTED: "rejected",
  TASK_STATE_AUTH_REQUIRED: "auth-required",
} as const;

export type TaskState = keyof typeof states;
export type TaskStateV03 = (typeof states)[TaskState];

const byNameV03 = new Map<string, TaskState>(Object.entries(states).map(([state, name]) => [name, state as TaskState]));
/** By their number in the proto. */
export const taskStates = Object.keys(states) as TaskState[];

const terminal: ReadonlySet<string> = new Set<TaskState>([
  "TASK_STATE_COMPLETED",
  "TASK_STATE_FAILED",
  "TASK_STATE_CANCELED",
  "TASK_STATE_REJECTED",
]);
const interrupted: ReadonlySet<string> = new Set<TaskState>(["TASK_STATE_INPUT_REQUIRED", "TASK_STATE_AUTH_REQUIRED"]);

/** Nothing follows this state. */
export const isTerminal = (state: unknown): boolean => terminal.has(state as string);
/** The agent waits for its caller. */
export const isInterrupted = (state: unknown): boolean => interrupted.has(state as string);
/** The agent's turn is over, for now or for good. */
export const isSettled = (state: unknown): boolean => isTerminal(state) || isInterrupted(state);

export const isTaskState = (state: unknown): state is TaskState =>
  typeof state === "string" && Object.hasOwn(states, state);

/** Any spelling seen in the wild (0.3's, the enum's with one or two L, its number) as the 1.0 name. */
export function toTaskState(state: unknown): TaskState {
  if (typeof state === "number") return taskStates[state] ?? "TASK_STATE_UNSPECIFIED";
  if (typeof state !== "string") return "TASK_STATE_UNSPECIFIED";
  if (isTaskState(state)) return state;
  if (state === "TASK_STATE_CANCELLED" || state === "cancelled") return "TASK_STATE_CANCELED";
  return byNameV03.get(state.toLowerCase().replaceAll("_", "-")) ?? "TASK_STATE_UNSPECIFIED";
}

export const toTaskStateV03 = (state: unknown): TaskStateV03 => states[toTaskState(state)];
