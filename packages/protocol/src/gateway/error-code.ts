/** Of any operation: the title of the status, where nothing more is to be said. */
type CommonCode =
  | "bad_request"
  | "unauthorized"
  | "payment_required"
  | "forbidden"
  | "not_found"
  | "method_not_allowed"
  | "request_timeout"
  | "conflict"
  | "gone"
  | "content_too_large"
  | "uri_too_long"
  | "unsupported_media_type"
  | "unprocessable_content"
  | "validation_failed"
  | "invalid_utf8"
  | "precondition_required"
  | "too_many_requests"
  | "rate_limited"
  | "too_many_exports"
  | "too_many_waiting"
  | "too_much_under_way"
  | "request_header_fields_too_large"
  | "internal_server_error"
  | "internal_error"
  | "not_implemented"
  | "bad_gateway"
  | "service_unavailable"
  | "gateway_timeout"
  | "unavailable"
  | "not_ready"
  | "stopping"
  | "wrong_time";

/** Of keys, and of browsers' sessions. */
type KeyCode =
  | "invalid_api_key"
  | "invalid_payer_key"
  | "key_expired"
  | "key_disabled"
  | "key_taken"
  | "key_needed"
  | "key_limit_reached"
  | "insufficient_scope"
  | "address_not_allowed"
  | "agent_not_allowed"
  | "bounded_key"
  | "no_rotation_pending"
  | "session_ended"
  | "sessions_need_https"
  | "code_ended"
  | "origin_not_allowed"
  | "not_own_page";

/** Of money. */
type MoneyCode =
  | "insufficient_balance"
  | "budget_exceeded"
  | "per_call_max_exceeded"
  | "payment_unknown"
  | "payment_failed"
  | "ledger_unavailable"
  | "invalid_amount"
  | "invalid_tier"
  | "same_tier"
  | "no_self_service"
  | "topup_not_open"
  | "wallet_not_empty"
  | "agent_is_free"
  | "checkout_over"
  | "complete_in_progress"
  | "invalid_state";

/** Of an `Idempotency-Key`. */
type IdempotencyCode =
  | "idempotency_mismatch"
  | "idempotency_in_progress"
  | "idempotency_taken_over"
  | "idempotency_full"
  | "answer_not_kept";

/** Of agents, as they are registered. */
type AgentCode =
  | "agent_limit_reached"
  | "agent_pending"
  | "agent_rejected"
  | "agent_suspended"
  | "agent_changed"
  | "agent_moved"
  | "agent_hosted"
  | "own_agent"
  | "invalid_url"
  | "name_taken"
  | "card_not_found"
  | "card_unusable"
  | "call_not_granted"
  | "grant_limit_reached"
  | "approval_changed"
  | "never_approved"
  | "not_suspended"
  | "nothing_waits"
  | "price_needs_approval"
  | "version_required"
  | "protocol_fixed"
  | "credentials_required"
  | "tools_unknown"
  | "agent_is_no_site"
  | "agent_is_site"
  | "manifest_unusable"
  | "needs_approval"
  | "price_not_chargeable"
  | "site_unreachable";

/** Of tasks: what became of the call to the agent. */
type TaskCode =
  | "invalid_agent_key"
  | "agent_connect_error"
  | "agent_timeout"
  | "agent_protocol_error"
  | "agent_invalid_response"
  | "agent_not_running"
  | "agent_busy"
  | "agent_credentials"
  | "agent_unavailable"
  | "agent_internal_error"
  | "agent_cancelled"
  | `agent_http_${number}`
  | "cancelled"
  | "task_failed"
  | "tool_changed"
  | "agent_tool_changed"
  | "agent_manifest_missing"
  | "agent_input_required"
  | "agent_not_found"
  | "task_input_required"
  | "chain_loop"
  | "chain_limit_reached"
  | "too_many_runs"
  | "no_task";

/** Of webhooks and of agents' archives. */
type OtherCode =
  | "endpoint_limit_reached"
  | "endpoint_disabled"
  | "endpoint_gone"
  | "agents_webhook"
  | "no_webhook"
  | "archive_too_large"
  | "archive_unusable"
  | "hosting_limit_reached"
  | "no_runtime"
  | "pages_not_built";

/**
 * What the gateway's errors are called, for programs (contract section 1.4). A newer gateway may have more, and the A2A protocol and UCP
 * have their own.
 */
export type GatewayErrorCode = CommonCode | KeyCode | MoneyCode | IdempotencyCode | AgentCode | TaskCode | OtherCode;
