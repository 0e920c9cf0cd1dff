export type { BeforeOptions, Page } from "./pages.ts";
export { randomId } from "./random-id.ts";
export { asked, at, type CallOptions, type GatewayRequest, singular } from "./request.ts";
export { GatewayRoom } from "./room.ts";
export type { ServerSentEvent } from "./server-sent-events.ts";
export type { GatewayTiming } from "./timing.ts";
export { type Fetch, GatewayTransport, type TransportOptions } from "./transport.ts";
export { toWireFields } from "./wire-fields.ts";
