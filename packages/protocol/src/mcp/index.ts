export {
  declaresElicitation,
  declaresExtension,
  type Envelope,
  envelopeNames,
  readEnvelope,
  SERVER_INFO,
  SUBSCRIPTION_ID,
  TASKS_EXTENSION,
} from "./envelope.ts";
export { rpcCodes } from "./errors.ts";
export { decodeHeaderValue, encodeHeaderValue, mcpHeaders, nameOfRequest, PARAM_HEADER_PREFIX } from "./headers.ts";
export {
  isLegacyRevision,
  isModernRevision,
  type LegacyRevision,
  legacyRevisions,
  MODERN_REVISION,
  modernRevisions,
  negotiatedRevision,
  spokenRevisions,
  UNNAMED_REVISION,
} from "./revisions.ts";
export { RESERVED_SLUG, SLUG_SEPARATOR, TOOL_NAME, TOOL_NAME_LENGTH_MAX } from "./tool-names.ts";
