import { expect, test, vi } from "vitest";
import { AgentGateError } from "../../agentgate-error.ts";
import { AuthError } from "../../index.ts";
import {
  AgentUnreachableError,
  BudgetExceededError,
  GatewayAuthError,
  GatewayError,
  InsufficientBalanceError,
  NotFoundError,
  RateLimitError,
  toGatewayError,
} from "./index.ts";

const problem = (status: number, code: string, members: object = {}) =>
  toGatewayError(new Response(null, { status }), JSON.stringify({ detail: "so", code, status, ...members }));

test.each([
  [402, "insufficient_balance", InsufficientBalanceError],
  [403, "budget_exceeded", BudgetExceededError],
  [403, "per_call_max_exceeded", BudgetExceededError],
  [429, "too_many_requests", RateLimitError],
  [429, "agent_http_429", RateLimitError],
  [401, "invalid_api_key", GatewayAuthError],
  [403, "insufficient_scope", GatewayAuthError],
  [403, "agent_limit_reached", GatewayError],
  [404, "not_found", NotFoundError],
  [502, "agent_connect_error", AgentUnreachableError],
  [504, "agent_timeout", AgentUnreachableError],
  [503, "agent_busy", AgentUnreachableError],
  [502, "agent_http_500", GatewayError],
  [402, "payment_required", GatewayError],
  [409, "conflict", GatewayError],
] as const)("%i %s has a class of its own where something can be done about it", (status, code, Class) => {
  const error = problem(status, code, { limit: 5 });
  expect(error.constructor).toBe(Class);
  expect(Class.isInstance(error) && GatewayError.isInstance(error) && AgentGateError.isInstance(error)).toBe(true);
  expect(error).toMatchObject({ code, status, detail: "so", data: { limit: 5 } });
  const others = [InsufficientBalanceError, BudgetExceededError, RateLimitError, NotFoundError, AgentUnreachableError];
  for (const other of others) expect(other.isInstance(error)).toBe((other as unknown) === Class);
});

test("what is missing of the balance can be computed", () => {
  const error = toGatewayError(
    new Response(null, { status: 402 }),
    '{"detail":"Insufficient balance: 0.0500 < 0.1000 (agent: x)","code":"insufficient_balance"}',
  );
  expect(InsufficientBalanceError.isInstance(error) && [error.available, error.required]).toEqual([0.05, 0.1]);
  const silent = new InsufficientBalanceError("insufficient_balance", "no");
  expect([silent.available, silent.required]).toEqual([undefined, undefined]);
});

test("AuthError is the name of refused keys, of sites and of the gateway", () => {
  const error = problem(401, "invalid_api_key");
  expect(error.name).toBe("AuthError");
  expect(AuthError.isInstance(error)).toBe(true);
  expect(GatewayAuthError.isInstance(error) && error.issues).toEqual([]);
  expect(AuthError.isInstance(problem(404, "not_found"))).toBe(false);
});

test("they are known across two copies of the package", async () => {
  vi.resetModules();
  const copy = await import("./index.ts");
  const error = copy.toGatewayError(new Response(null, { status: 404 }), "");
  expect(error).not.toBeInstanceOf(NotFoundError);
  expect(NotFoundError.isInstance(error)).toBe(true);
  expect(RateLimitError.isInstance(error)).toBe(false);
});

test.each([
  [
    "A2A over HTTP+JSON",
    404,
    { error: { code: 404, status: "NOT_FOUND", message: "gone", details: [{ reason: "TASK_NOT_FOUND" }] } },
    ["task_not_found", "gone"],
  ],
  [
    "the gateway's refusal in A2A's words",
    402,
    { error: { code: 402, message: "short", details: [{ reason: "INSUFFICIENT_BALANCE" }] } },
    ["insufficient_balance", "short"],
  ],
  [
    "JSON-RPC",
    200,
    { jsonrpc: "2.0", id: 1, error: { code: -32601, message: "no method" } },
    ["http_200", "no method"],
  ],
  [
    "JSON-RPC with a reason",
    200,
    { jsonrpc: "2.0", id: 1, error: { code: -32001, message: "gone", data: [{ reason: "TASK_NOT_FOUND" }] } },
    ["task_not_found", "gone"],
  ],
  ["UCP", 401, { code: "unauthenticated", content: "Show a key" }, ["unauthenticated", "Show a key"]],
  ["a proxy's page", 502, "<html>Bad gateway</html>", ["http_502", "HTTP 502"]],
  ["nothing", 503, "", ["http_503", "HTTP 503"]],
])("reads an error of %s", (_, status, body, expected) => {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const error = toGatewayError(new Response(null, { status }), text);
  expect([error.code, error.message]).toEqual(expected);
  expect(error.data).toEqual(body);
});

test("of a long answer that is no JSON, the beginning is kept", () => {
  const { data } = toGatewayError(new Response(null, { status: 500 }), "x".repeat(1e6));
  expect(data).toBe("x".repeat(1_000));
});
