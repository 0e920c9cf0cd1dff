import { z } from "zod";
import { actions } from "../access/index.ts";
import type { SinkCursors } from "../call-log/index.ts";
import { type RouteDefinition, route } from "../http/index.ts";
import { type Micros, renderTimestamp } from "../runtime/index.ts";

const tag = { name: "Operation", description: "Which nodes there are, and how they are set" };

const wireSink = z
  .object({
    name: z.string().describe("The target, without credentials"),
    lives: z.boolean().describe("A node has written to it, or tried to, within a day"),
    taken: z.int().describe("Rows that it took, those among them that it was given twice"),
    lost: z.int().describe("Rows that the log forgot before it took them"),
    written_at: z.iso.datetime().nullable().describe("When it last took rows"),
    waiting_since: z.iso
      .datetime()
      .nullable()
      .describe("When the oldest call was made that it has not taken, while it fails"),
    trouble: z.string().nullable().describe("What it fails with; null while it does not"),
  })
  .meta({ id: "LogSink" });
const wireSinks = z.object({ entries: z.array(wireSink), next: z.null() }).meta({ id: "LogSinks" });

/** For whoever runs the gateway. */
export const analyticsRoutes = (cursors: Pick<SinkCursors, "list">): RouteDefinition[] => [
  route({
    method: "GET",
    path: "/log-sinks",
    action: actions.readNodes,
    tag,
    operationId: "listLogSinks",
    summary: "List where the call log is written for good",
    description:
      "Each target of `AGENTGATE_LOG_SINK` that there was lately, with how far it is, whichever node answers.",
    responses: { 200: { description: "Sinks, by name", schema: wireSinks } },
    handler: async () => ({
      entries: (await cursors.list()).map((sink) => ({
        name: sink.name,
        lives: sink.lives,
        taken: Number(sink.taken),
        lost: Number(sink.lost),
        written_at: instant(sink.written_at),
        waiting_since: instant(sink.waiting_since),
        trouble: sink.trouble,
      })),
      next: null,
    }),
  }),
];

const instant = (at: Micros | null): string | null => (at === null ? null : renderTimestamp(at));
