import type { TaskMetricsReport } from "@agentgate/protocol";
import { EventLoopMonitor } from "./event-loop-monitor.ts";
import { type MetricFamily, renderExposition, type TextFormat } from "./exposition.ts";
import { LatencyHistogram } from "./latency-histogram.ts";
import { processFamilies } from "./process-families.ts";

export interface FinishedTask {
  agentName: string;
  latencyMs: number;
  /** What the call log calls it: `timeout`, `connect_error`, `http_404`… Absent for a success. */
  errorType?: string | undefined;
}

interface AgentMetrics {
  latency: LatencyHistogram;
  errors: number;
}

/** Agents beyond this are counted together, under `OTHER`. */
export const AGENTS_MAX = 1_000;
const ERROR_TYPES_MAX = 100;
const OTHER = "other";

/** Upper bounds of the Prometheus histogram over all agents. */
const BUCKET_BOUNDS_MS = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000];

/** Counts routed tasks. Recording is a few additions; everything else happens when somebody asks. */
export class TaskMetrics {
  readonly #agents = new Map<string, AgentMetrics>();
  readonly #errors = new Map<string, number>();
  readonly #buckets = new Float64Array(BUCKET_BOUNDS_MS.length + 1);
  readonly #gauges = new Map<string, { help: string; read: () => number }>();
  readonly #eventLoop = new EventLoopMonitor();
  #requests = 0;
  #failures = 0;
  #sumMs = 0;

  taskFinished({ agentName, latencyMs, errorType }: FinishedTask): void {
    this.#requests += 1;
    this.#sumMs += latencyMs;
    this.#buckets[bucketOf(latencyMs)]! += 1;
    const agent = this.#agentOf(agentName);
    agent.latency.record(latencyMs);
    if (errorType === undefined) return;
    this.#failures += 1;
    agent.errors += 1;
    const type = this.#errors.has(errorType) || this.#errors.size < ERROR_TYPES_MAX ? errorType : OTHER;
    this.#errors.set(type, (this.#errors.get(type) ?? 0) + 1);
  }

  /**
   * Adds a gauge to the text formats, read at each scrape.
   * @throws Error when the name is taken or no metric name
   */
  gauge(name: string, help: string, read: () => number): void {
    if (!/^[a-z_][a-z0-9_]*$/.test(name)) throw new Error(`not a metric name: ${name}`);
    if (this.#gauges.has(name)) throw new Error(`gauge ${name} exists already`);
    this.#gauges.set(name, { help, read });
  }

  /** What `GET /metrics` answers in JSON. */
  json(): TaskMetricsReport {
    return {
      total_requests: this.#requests,
      total_errors: this.#failures,
      errors_by_type: Object.fromEntries(this.#errors),
      avg_latency_ms: this.#requests === 0 ? 0 : round(this.#sumMs / this.#requests),
      agents: Object.fromEntries(
        [...this.#agents].map(([name, { latency }]) => [
          name,
          {
            requests: latency.count,
            avg_latency_ms: round(latency.averageMs),
            p99_latency_ms: round(latency.percentileMs(0.99)),
          },
        ]),
      ),
    };
  }

  /** Everything in a text format: tasks, the gauges of other rooms, the process. */
  text(format: TextFormat): string {
    const families = [...this.#taskFamilies(), ...this.#gaugeFamilies(), ...processFamilies()];
    return renderExposition([...families, ...this.#eventLoop.families()], format);
  }

  close(): void {
    this.#eventLoop.close();
  }

  #agentOf(name: string): AgentMetrics {
    const known = this.#agents.get(name);
    if (known) return known;
    const key = this.#agents.size < AGENTS_MAX ? name : OTHER;
    let agent = this.#agents.get(key);
    if (!agent) {
      agent = { latency: new LatencyHistogram(), errors: 0 };
      this.#agents.set(key, agent);
    }
    return agent;
  }

  #taskFamilies(): MetricFamily[] {
    const agents = [...this.#agents];
    return [
      {
        name: "agentgate_tasks",
        type: "counter",
        help: "Routed tasks by agent and outcome.",
        samples: agents.flatMap(([agent, { latency, errors }]) => [
          { labels: { agent, outcome: "success" }, value: latency.count - errors },
          { labels: { agent, outcome: "error" }, value: errors },
        ]),
      },
      {
        name: "agentgate_task_errors",
        type: "counter",
        help: "Failed tasks by kind of error.",
        samples: [...this.#errors].map(([type, value]) => ({ labels: { type }, value })),
      },
      {
        name: "agentgate_task_duration_seconds",
        type: "histogram",
        help: "Time from a task's arrival to its answer, over all agents.",
        samples: this.#durationSamples(),
      },
      {
        name: "agentgate_agent_task_duration_seconds",
        type: "summary",
        help: "Time from a task's arrival to its answer since the gateway started; quantiles are within 1/32.",
        samples: agents.flatMap(([agent, { latency }]) => [
          { labels: { agent, quantile: "0.5" }, value: latency.percentileMs(0.5) / 1000 },
          { labels: { agent, quantile: "0.99" }, value: latency.percentileMs(0.99) / 1000 },
          { suffix: "_sum", labels: { agent }, value: latency.sumMs / 1000 },
          { suffix: "_count", labels: { agent }, value: latency.count },
        ]),
      },
    ];
  }

  #durationSamples(): MetricFamily["samples"] {
    let cumulative = 0;
    const buckets = [...this.#buckets].map((count, index) => {
      cumulative += count;
      const bound = BUCKET_BOUNDS_MS[index];
      const le = bound === undefined ? "+Inf" : `${bound / 1000}`.replace(/^\d+$/, "$&.0");
      return { suffix: "_bucket", labels: { le }, value: cumulative };
    });
    return [...buckets, { suffix: "_sum", value: this.#sumMs / 1000 }, { suffix: "_count", value: this.#requests }];
  }

  #gaugeFamilies(): MetricFamily[] {
    return [...this.#gauges].map(([name, { help, read }]) => ({
      name,
      type: "gauge",
      help,
      samples: [{ value: readGauge(read) }],
    }));
  }
}

function bucketOf(latencyMs: number): number {
  let index = 0;
  while (index < BUCKET_BOUNDS_MS.length && latencyMs > BUCKET_BOUNDS_MS[index]!) index += 1;
  return index;
}

/** One room's broken gauge must not blind the others. */
function readGauge(read: () => number): number {
  try {
    return read();
  } catch {
    return Number.NaN;
  }
}

const round = (ms: number) => Math.round(ms * 100) / 100;
