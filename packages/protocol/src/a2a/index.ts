export { isPlainlyNamed, plainlyNamed } from "./answers.ts";
export { canonicalJson } from "./card/canonical-json.ts";
export { type Difference, diffDocuments } from "./card/diff.ts";
export {
  type AgentInterface,
  CardError,
  type NormalizedCard,
  normalizeCard,
  statedAddresses,
} from "./card/normalize.ts";
export { type CardContent, type CardFace, type CardFormat, renderCard } from "./card/render.ts";
export { type Binding, type Dialect, type DialectName, dialectOf, dialects } from "./dialect.ts";
export { A2AError, type A2AErrorName, invalidParams } from "./errors.ts";
export { isObject, type JsonObject } from "./json.ts";
export { withoutNullMembers, withoutNulls } from "./null-members.ts";
export {
  isMethodOfV01,
  isStreaming,
  methodOf,
  type Operation,
  operationOfMethod,
  operationOfPath,
  operations,
  pathOf,
  type RestTarget,
} from "./operations.ts";
export { paramsOfQuery, ruledParams } from "./params.ts";
export { TaskAssembly } from "./task-assembly.ts";
export {
  isInterrupted,
  isSettled,
  isTaskState,
  isTerminal,
  type TaskState,
  taskStates,
  toTaskState,
  toTaskStateV03,
} from "./task-state.ts";
export { utcTimestamp } from "./timestamp.ts";
export { toRestCreatePushConfigV03 } from "./v0-3-rest/push-config.ts";
export {
  A2A_EXTENSIONS_HEADER,
  A2A_MEDIA_TYPE,
  A2A_VERSION_HEADER,
  type A2AVersion,
  isSupportedVersion,
  LEGACY_EXTENSIONS_HEADER,
  majorMinor,
} from "./version.ts";
