import { z } from "zod";
import { actions } from "../access/index.ts";
import { type RouteDefinition, route } from "../http/index.ts";
import { renderTimestamp } from "../runtime/index.ts";
import { type Heartbeat, queueNames } from "./heartbeat.ts";

/** A setting, with what is secret in it masked. */
export interface ShownSetting {
  name: string;
  env: string;
  value: unknown;
  source: "environment" | "option" | "default";
  default: string;
  help: string;
  /** What is risky in its value, in a sentence. */
  risk: string | null;
}

export interface NodeFaceOptions {
  heartbeat: Pick<Heartbeat, "id" | "list">;
  settings: readonly ShownSetting[];
}

const tag = { name: "Operation", description: "Which nodes there are, and how they are set" };

const wireNode = z
  .object({
    id: z.uuid().describe("Of this run of the node"),
    name: z.string(),
    version: z.string(),
    started_at: z.iso.datetime(),
    last_seen_at: z.iso.datetime(),
    lives: z.boolean().describe("Seen within the last 35 seconds"),
    answers: z.boolean().describe("It is the one that answers"),
    load: z
      .object({
        cpu: z.number().describe("Processors that it uses"),
        memory_bytes: z.int(),
        loop_p99_ms: z
          .number()
          .nullable()
          .optional()
          .describe("How late its event loop ran what was due, at most, 99 of 100 times"),
        loop_max_ms: z.number().nullable().optional().describe("And the longest"),
        clock_ahead_ms: z
          .int()
          .optional()
          .describe(
            "By how much its clock is ahead of the database's; without one, of the time that has passed since its start",
          ),
        queues: z
          .partialRecord(z.enum(queueNames), z.number())
          .optional()
          .describe(
            "Tasks under way; and what waits: operations of the ledger, rows of the call log, webhooks (of all nodes, as counted last), calls for a connection, statements",
          ),
      })
      .describe("Of the ten seconds before its last sign of life; nodes of earlier versions say less"),
    leases: z.array(z.string()).describe("What this node alone does now"),
  })
  .meta({ id: "Node" });
const wireNodes = z.object({ entries: z.array(wireNode), next: z.null() }).meta({ id: "Nodes" });

const wireSetting = z
  .object({
    name: z.string(),
    env: z.string(),
    value: z.unknown().describe("Secrets are masked; null when it is not set"),
    source: z.enum(["environment", "option", "default"]),
    default: z.string(),
    help: z.string(),
    risk: z
      .string()
      .nullable()
      .describe("What may come of its value, and what to do; null where nothing is risky in it"),
  })
  .meta({ id: "Setting" });
const wireSettings = z.object({ entries: z.array(wireSetting), next: z.null() }).meta({ id: "Settings" });

/** For whoever runs the gateway. */
export const nodeRoutes = ({ heartbeat, settings }: NodeFaceOptions): RouteDefinition[] => [
  route({
    method: "GET",
    path: "/nodes",
    action: actions.readNodes,
    tag,
    operationId: "listNodes",
    summary: "List the nodes of this gateway",
    description:
      "Those that live, and those that died within a day without saying so. Each gives a sign of life every ten seconds.",
    responses: { 200: { description: "Nodes, seen last first", schema: wireNodes } },
    handler: async () => ({
      entries: (await heartbeat.list()).map(({ started_at, seen_at, ...node }) => ({
        ...node,
        started_at: renderTimestamp(started_at),
        last_seen_at: renderTimestamp(seen_at),
        answers: node.id === heartbeat.id,
      })),
      next: null,
    }),
  }),
  route({
    method: "GET",
    path: "/settings",
    action: actions.readSettings,
    tag,
    operationId: "listSettings",
    summary: "List the settings of the node that answers",
    description: "Each with its value, where that comes from, its default and its meaning. Secrets are masked.",
    responses: { 200: { description: "Settings", schema: wireSettings } },
    handler: async () => ({ entries: settings, next: null }),
  }),
];
