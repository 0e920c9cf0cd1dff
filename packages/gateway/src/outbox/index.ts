export type { Delivery, Lane, Message } from "./lane.ts";
export { Outbox, type OutboxLimits, type OutboxOptions } from "./outbox.ts";
