export {
  Idempotency,
  idempotencyHeader,
  idempotencyKeyOf,
  type StoredAnswer,
  type Ticket,
  wasTakenOver,
} from "./idempotency.ts";
export { openIdempotency } from "./room.ts";
