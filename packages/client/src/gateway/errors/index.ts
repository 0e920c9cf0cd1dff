export { type AnyErrorCode, type ClientErrorCode, GatewayError, type GatewayErrorDetails } from "./gateway-error.ts";
export { toGatewayError } from "./read-error.ts";
export {
  AgentUnreachableError,
  BudgetExceededError,
  GatewayAuthError,
  InsufficientBalanceError,
  NotFoundError,
  RateLimitError,
} from "./refusals.ts";
