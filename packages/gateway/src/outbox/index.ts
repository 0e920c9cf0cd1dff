export { Dispatcher, type DispatcherOptions, type DispatchLimits } from "./dispatcher.ts";
export type { AttemptNote, Delivery, Lane, Message } from "./lane.ts";
export type { Amount, LaneStore, StockStore, StoredMessage, Taken } from "./lane-store.ts";
export { Outbox, type OutboxLimits, type OutboxOptions } from "./outbox.ts";
export { type PlaceLimits, Places } from "./places.ts";
