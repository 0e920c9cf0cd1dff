export { Idempotency, idempotencyKeyOf, type StoredAnswer, type Ticket } from "./idempotency.ts";
