export { Admission, type Admitted } from "./admission.ts";
export { limitHeaders, notCallable } from "./admission-refusals.ts";
export type {
  AgentCall,
  AgentFailure,
  AgentOutcome,
  AgentProtocol,
  AskedTask,
  ChunkSink,
  OutgoingTask,
  TaskOrder,
} from "./agent-protocol.ts";
export { skillAskedOf } from "./asked-skill.ts";
export { CallMeter } from "./call-meter.ts";
export { isNobodys } from "./caller-scope.ts";
export { caughtUp, type ReaderSink } from "./lagging-reader.ts";
export type { Looked } from "./looked.ts";
export { skillNamedIn, withSkill } from "./orders.ts";
export { type Exchange, type ExchangeTerms, type PipelineOptions, TaskPipeline, type TaskRun } from "./pipeline.ts";
export { A2AClient, type Abortable, type CallOptions, type UpstreamStream } from "./protocols/a2a/a2a-client.ts";
export { chooseInterface, type Speech } from "./protocols/a2a/choose-interface.ts";
export { Payload, translateEvent, translateParams, translateResult } from "./protocols/a2a/payload.ts";
export { dialectOfInterface } from "./protocols/a2a/requests.ts";
export { messageOfTask, simpleAnswerOf, simplePartsOf, taskOfMessage } from "./protocols/a2a/simple-task.ts";
export { failureOf } from "./protocols/a2a/upstream-error.ts";
export { exceededAnswerBound, jsonWithin } from "./protocols/answer-json.ts";
export { failureHeaders } from "./protocols/failures.ts";
export { sealedToolTasks } from "./protocols/mcp/kept-tool-tasks.ts";
export type { Tools } from "./protocols/mcp/open-tools.ts";
export { PlainProtocol } from "./protocols/plain.ts";
export { SiteProtocol } from "./protocols/site/site-protocol.ts";
export { openRouting, type RoutingRoom } from "./room.ts";
export type { Purchase, TaskCaller, TaskRequest } from "./task.ts";
export { httpCallerOf } from "./task-request.ts";
export { TRACE_HEADER } from "./task-spans.ts";
