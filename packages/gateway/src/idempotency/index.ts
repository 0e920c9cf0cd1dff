export { Idempotency, idempotencyHeader, idempotencyKeyOf, type StoredAnswer, type Ticket } from "./idempotency.ts";
