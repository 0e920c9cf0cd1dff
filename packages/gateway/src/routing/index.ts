export { Admission, type Admitted, isNobodys, notCallable } from "./admission.ts";
export type {
  AgentCall,
  AgentFailure,
  AgentOutcome,
  AgentProtocol,
  ChunkSink,
  OutgoingTask,
} from "./agent-protocol.ts";
export { CallMeter } from "./call-meter.ts";
export { caughtUp, type ReaderSink } from "./lagging-reader.ts";
export { type Exchange, type ExchangeTerms, type PipelineOptions, TaskPipeline, type TaskRun } from "./pipeline.ts";
export { A2AClient, type Abortable, type CallOptions, type UpstreamStream } from "./protocols/a2a/a2a-client.ts";
export { chooseInterface, type Speech } from "./protocols/a2a/choose-interface.ts";
export { Payload, translateEvent, translateParams, translateResult } from "./protocols/a2a/payload.ts";
export { dialectOfInterface } from "./protocols/a2a/requests.ts";
export { messageOfTask, simpleAnswerOf, simplePartsOf, taskOfMessage } from "./protocols/a2a/simple-task.ts";
export { failureOf } from "./protocols/a2a/upstream-error.ts";
export { exceededAnswerBound } from "./protocols/answer-json.ts";
export { failureHeaders } from "./protocols/failures.ts";
export { PlainProtocol } from "./protocols/plain.ts";
export { openRouting, type RoutingRoom } from "./room.ts";
export type { Purchase, TaskCaller, TaskRequest } from "./task.ts";
export { httpCallerOf } from "./task-request.ts";
export { TRACE_HEADER } from "./task-spans.ts";
