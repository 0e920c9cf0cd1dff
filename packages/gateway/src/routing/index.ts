export { Admission, type Admitted } from "./admission.ts";
export type { AgentCall, AgentFailure, AgentOutcome, OutgoingTask } from "./agent-protocol.ts";
export { TaskPayments } from "./payment.ts";
export { type Exchange, type PipelineOptions, TaskPipeline, type TaskRun } from "./pipeline.ts";
export { PlainProtocol } from "./protocols/plain.ts";
export { taskRoutes } from "./routes.ts";
export { socketCallerOf } from "./task-request.ts";
export { TaskSockets } from "./websocket.ts";
