import { z } from "zod";
import { actions } from "../access/index.ts";
import { type RouteDefinition, route } from "../http/index.ts";
import { negotiateFormat } from "./negotiate-format.ts";
import { contentTypes, type MetricRegistry } from "./registry.ts";
import type { TaskMetrics } from "./task-metrics.ts";

const agentMetrics = z
  .object({ requests: z.int(), avg_latency_ms: z.number(), p99_latency_ms: z.number() })
  .meta({ id: "AgentTaskMetrics" });
const wireMetrics = z
  .object({
    total_requests: z.int(),
    total_errors: z.int(),
    errors_by_type: z.record(z.string(), z.int()),
    avg_latency_ms: z.number(),
    agents: z.record(z.string(), agentMetrics),
  })
  .meta({ id: "TaskMetrics" });

/** `GET /metrics` (contract section 10): JSON, or a text format when the Accept header names one. */
export function metricsRoutes(tasks: TaskMetrics, registry: MetricRegistry): RouteDefinition[] {
  return [
    route({
      method: "GET",
      path: "/metrics",
      action: actions.readMetrics,
      tag: { name: "Metrics", description: "What this node has counted since it started" },
      operationId: "getMetrics",
      summary: "Read this node's metrics",
      description: "With `Accept: text/plain` or `application/openmetrics-text`, the Prometheus or OpenMetrics text.",
      responses: {
        200: {
          description: "Metrics since this node started",
          textTypes: ["text/plain", "application/openmetrics-text"],
          schema: wireMetrics,
        },
      },
      handler: ({ request, reply }) => {
        const format = negotiateFormat(request.headers.accept);
        if (format === "json") return tasks.json();
        reply.header("content-type", contentTypes[format]);
        return registry.text(format);
      },
    }),
  ];
}
