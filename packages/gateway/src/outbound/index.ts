export { isAddressRange } from "./address-ranges.ts";
export type { RegistrationCheck } from "./check-registration.ts";
export { createDialer, type Dialer, type DialerOptions, type DialerStats } from "./dialer.ts";
export { Holding } from "./holding.ts";
export { hostedAgent, hostedUrl } from "./hosted.ts";
export { KeptBytes } from "./kept-bytes.ts";
export { type DialerLimits, defaultLimits } from "./limits.ts";
export { type LocalRequest, type LocalResponse, LocalSocket } from "./local-socket.ts";
export type { OriginStats } from "./origin.ts";
export { OutboundError, type OutboundErrorKind } from "./outbound-error.ts";
export { type EventHandler, readEvents, type UpstreamEvent } from "./read-events.ts";
export type {
  AnswerMeter,
  Inspection,
  OutboundCallRequest,
  OutboundHeaders,
  OutboundRequest,
  OutboundStreamRequest,
  PreparedTarget,
} from "./request.ts";
export type { Resolve, ResolvedAddress } from "./resolver.ts";
export { type Outbound, type OutboundOptions, openOutbound } from "./room.ts";
export type { OutboundBody, OutboundStreamCall, OutboundStreamResponse, Take } from "./stream-call.ts";
export type { OutboundCall, OutboundResponse } from "./unary-call.ts";
