import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import type { TaskMetricsReport } from "@agentgate/protocol";
import type { Histogram } from "prom-client";
import type { MetricRegistry } from "./registry.ts";

export interface FinishedTask {
  agentName: string;
  latencyMs: number;
  /** What the call log calls it: `timeout`, `connect_error`, `http_404`… Absent for a success. */
  errorType?: string | undefined;
  /** Where it can be looked at, when it is recorded. */
  trace?: { trace_id: string; span_id: string } | undefined;
}

interface AgentMetrics {
  /** Whole microseconds. */
  latency: RecordableHistogram;
  sumMs: number;
  count: number;
  errors: number;
}

/** Agents beyond this are counted together, under `OTHER`. */
export const AGENTS_MAX = 1_000;
const ERROR_TYPES_MAX = 100;
const OTHER = "other";
/** About 36 minutes; anything longer counts as this. */
const MICROS_MAX = 2 ** 31 - 1;

/** Upper bounds in seconds of the histogram over all agents. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** Of each agent's: fewer, for there are a thousand of them. */
const AGENT_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Counts routed tasks. */
export class TaskMetrics {
  readonly #agents = new Map<string, AgentMetrics>();
  readonly #errors = new Map<string, number>();
  readonly #duration: Histogram;
  readonly #agentDuration: Histogram<"agent">;
  #requests = 0;
  #failures = 0;
  #sumMs = 0;

  constructor(registry: MetricRegistry) {
    registry.gauge("agentgate_tasks_total", "Routed tasks by agent and outcome.", () => this.#outcomes(), [
      "agent",
      "outcome",
    ]);
    registry.gauge(
      "agentgate_task_errors_total",
      "Failed tasks by kind of error.",
      () => [...this.#errors].map(([type, value]) => ({ labels: { type }, value })),
      ["type"],
    );
    this.#duration = registry.histogram(
      "agentgate_task_duration_seconds",
      "Time from a task's arrival to its answer, over all agents.",
      { buckets: BUCKETS, enableExemplars: true },
    );
    this.#agentDuration = registry.histogram(
      "agentgate_agent_task_duration_seconds",
      "Time from a task's arrival to its answer, by agent.",
      { buckets: AGENT_BUCKETS, labelNames: ["agent"] },
    );
  }

  taskFinished({ agentName, latencyMs, errorType, trace }: FinishedTask): void {
    this.#requests += 1;
    this.#sumMs += latencyMs;
    const value = latencyMs / 1000;
    this.#duration.observe(trace ? { value, exemplarLabels: trace } : { value });
    const name = this.#nameOf(agentName);
    const agent = this.#agentOf(name);
    agent.latency.record(Math.min(Math.max(Math.round(latencyMs * 1000), 1), MICROS_MAX));
    agent.sumMs += latencyMs;
    agent.count += 1;
    this.#agentDuration.observe({ agent: name }, value);
    if (errorType === undefined) return;
    this.#failures += 1;
    agent.errors += 1;
    const type = this.#errors.has(errorType) || this.#errors.size < ERROR_TYPES_MAX ? errorType : OTHER;
    this.#errors.set(type, (this.#errors.get(type) ?? 0) + 1);
  }

  /** What `GET /metrics` answers in JSON. */
  json(): TaskMetricsReport {
    return {
      total_requests: this.#requests,
      total_errors: this.#failures,
      errors_by_type: Object.fromEntries(this.#errors),
      avg_latency_ms: this.#requests === 0 ? 0 : round(this.#sumMs / this.#requests),
      agents: Object.fromEntries(
        [...this.#agents].map(([name, { latency, sumMs, count }]) => [
          name,
          {
            requests: count,
            avg_latency_ms: round(sumMs / count),
            p99_latency_ms: round(latency.percentile(99) / 1000),
          },
        ]),
      ),
    };
  }

  #outcomes() {
    return [...this.#agents].flatMap(([agent, { count, errors }]) => [
      { labels: { agent, outcome: "success" }, value: count - errors },
      { labels: { agent, outcome: "error" }, value: errors },
    ]);
  }

  #nameOf(agentName: string): string {
    const name = agentName.isWellFormed() ? agentName : agentName.toWellFormed();
    return this.#agents.has(name) || this.#agents.size < AGENTS_MAX ? name : OTHER;
  }

  #agentOf(name: string): AgentMetrics {
    let agent = this.#agents.get(name);
    if (!agent) {
      const latency = createHistogram({ lowest: 1, highest: MICROS_MAX, figures: 2 });
      agent = { latency, sumMs: 0, count: 0, errors: 0 };
      this.#agents.set(name, agent);
    }
    return agent;
  }
}

const round = (ms: number) => Math.round(ms * 100) / 100;
