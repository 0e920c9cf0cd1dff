export { Admission } from "./admission.ts";
export { TaskPayments } from "./payment.ts";
export { type PipelineOptions, TaskPipeline } from "./pipeline.ts";
export { PlainProtocol } from "./protocols/plain.ts";
export { taskRoutes } from "./routes.ts";
export { socketCallerOf } from "./task-request.ts";
export { TaskSockets } from "./websocket.ts";
