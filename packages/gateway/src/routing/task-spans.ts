import type { Agent } from "../agents/index.ts";
import type { Entrance } from "../call-log/index.ts";
import { Problem } from "../http/index.ts";
import type { Attributes, RecordedSpan, SpanFailure, Trace, Tracing } from "../telemetry/index.ts";
import type { AgentOutcome } from "./agent-protocol.ts";
import type { CallMeter } from "./call-meter.ts";
import type { TaskRequest } from "./task.ts";

/** The answer's header that names its trace. */
export const TRACE_HEADER = "x-trace-id";

/** What is waited for on a task's way, beside its agent. */
type Phase = "admit" | "reserve" | "settle" | "release";

/** The routes of entrances that are one route's alone. */
const ROUTES: Partial<Record<Entrance, string>> = {
  rest: "/agents/{id}/task",
  sse: "/agents/{id}/task/stream",
  websocket: "/agents/{id}/task/ws",
};

/** Entrances of which each task is an HTTP request. */
const HTTP: ReadonlySet<Entrance> = new Set(["rest", "sse", "a2a_jsonrpc", "a2a_rest", "mcp"]);
/** Entrances within this gateway. */
const WITHIN: ReadonlySet<Entrance> = new Set(["chain", "ucp"]);

const failureOf = (error: unknown): SpanFailure =>
  error instanceof Problem
    ? { type: error.code, isError: error.status >= 500 }
    : { type: "internal_error", isError: true };

/** Begins the task's part of its trace. */
export function beginTrace(tracing: Tracing, request: TaskRequest, callId: string) {
  const { entrance, operation } = request;
  const route = ROUTES[entrance];
  const name =
    operation ?? (route === undefined ? `task ${entrance}` : `${entrance === "websocket" ? "WS" : "POST"} ${route}`);
  const trace = tracing.begin(request, callId, name, WITHIN.has(entrance) ? "internal" : "server");
  return { trace, spans: trace.span && new TaskSpans(trace, trace.span, request, callId, tracing.tellsGenAi) };
}

/** Does the work, as a span of its own where the task is recorded. */
export const phase = <T>(spans: TaskSpans | undefined, name: Phase, work: () => Promise<T>): Promise<T> =>
  spans ? spans.phase(name, work) : work();

/**
 * What is recorded of a task: the gateway's own span in its caller's trace, what is waited for within it, and the call to the agent. No
 * word of the task or its answer, no key and no address is told.
 */
export class TaskSpans {
  readonly #trace: Trace;
  readonly #server: RecordedSpan;
  readonly #entrance: Entrance;
  readonly #tellsGenAi: boolean;
  #invocation: RecordedSpan | undefined;

  constructor(trace: Trace, server: RecordedSpan, request: TaskRequest, callId: string, tellsGenAi: boolean) {
    const { entrance, operation, requestId } = request;
    this.#trace = trace;
    this.#server = server;
    this.#entrance = entrance;
    this.#tellsGenAi = tellsGenAi;
    const route = ROUTES[entrance];
    server.set({
      "agentgate.entrance": entrance,
      "agentgate.call.id": callId,
      "agentgate.request.id": requestId,
      ...(route !== undefined && { "http.route": route }),
      ...(HTTP.has(entrance) && { "http.request.method": "POST" }),
      ...(operation !== undefined && { "rpc.method": operation }),
      ...((entrance === "a2a_jsonrpc" || entrance === "mcp") && { "rpc.system.name": "jsonrpc" }),
    });
  }

  get spanId(): string {
    return this.#server.spanId;
  }

  /** For the metrics. */
  get exemplar(): { trace_id: string; span_id: string } {
    return { trace_id: this.#trace.id, span_id: this.#server.spanId };
  }

  async phase<T>(name: Phase, work: () => Promise<T>): Promise<T> {
    const span = this.#server.child(name, "internal");
    try {
      const result = await work();
      span.end();
      return result;
    } catch (error) {
      span.end(failureOf(error));
      throw error;
    }
  }

  /** The agent is asked. @returns the headers that say so to the agent */
  invoke({ id, name, version, protocol }: Agent): RecordedSpan["headers"] {
    const genAi: Attributes = this.#tellsGenAi
      ? {
          "gen_ai.operation.name": "invoke_agent",
          "gen_ai.provider.name": "agentgate",
          "gen_ai.agent.id": id,
          "gen_ai.agent.name": name,
          "gen_ai.agent.version": version,
        }
      : {};
    this.#invocation = this.#server.child(`invoke_agent ${name}`, "client", {
      "agentgate.agent.id": id,
      "agentgate.agent.protocol": protocol,
      ...genAi,
    });
    return this.#invocation.headers;
  }

  /** The agent has answered, or failed. */
  answered(outcome: AgentOutcome, { contextId }: Pick<CallMeter, "contextId">): void {
    const span = this.#invocation;
    if (!span) return;
    if (this.#tellsGenAi && contextId !== undefined) {
      span.set({ "gen_ai.conversation.id": contextId, "a2a.context.id": contextId });
    }
    if (this.#tellsGenAi && outcome.taskId !== undefined) span.set({ "a2a.task.id": outcome.taskId });
    span.end(outcome.ok ? undefined : { type: outcome.failure.logged, isError: true });
  }

  /** The caller is answered: with a problem where there is an error. */
  end(error?: unknown): void {
    const isTold = error === undefined || error instanceof Problem;
    if (isTold && HTTP.has(this.#entrance))
      this.#server.set({ "http.response.status_code": error instanceof Problem ? error.status : 200 });
    this.#server.end(error === undefined ? undefined : failureOf(error));
  }
}
