export { headerValue } from "./header-value.ts";
export { paramHeaders, withoutHeaderMarks } from "./param-headers.ts";
export { ProbeError, type ProbeFailure, type ServerVerdict, unsupportedTransport } from "./probe.ts";
export type { ServerAnswer, ServerPlace, ServerProgress, ServerQuestion, UnderWay } from "./request.ts";
export { isModernCode, META, MODERN_REVISION, type ServerSpeech, TASKS_EXTENSION } from "./revisions.ts";
export { type KeyedRequest, type McpServers, openMcpServers } from "./room.ts";
export { ServerError, ServerFault, ServerStatusError } from "./server-error.ts";
export { type ListedTool, type SkippedTool, TOOL_BOUNDS, type ToolList } from "./tool-list.ts";
export { tellsChanges } from "./watched-server.ts";
