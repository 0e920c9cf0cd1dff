import { z } from "zod";
import { actions, demandOwn, demandUse, organization } from "../access/index.ts";
import { type RouteDefinition, route } from "../http/index.ts";
import type { Listeners } from "./listeners.ts";
import { logFilterFields } from "./log-filter.ts";
import { type Topic, topicActions, topics } from "./topics.ts";

const isTopic = (name: string): name is Topic => (topics as string[]).includes(name);

const query = z.object({
  topics: z
    .string()
    .max(100)
    .transform((text) => text.split(","))
    .refine((names) => names.every(isTopic), { error: `Must be some of ${topics.join(", ")}, with commas between` })
    .transform((names) => new Set(names as Topic[]))
    .default(() => new Set<Topic>(["logs"]))
    .describe(`Some of ${topics.map((topic) => `\`${topic}\``).join(", ")}, with commas between; \`logs\` by default`),
  ...logFilterFields,
});

/** `GET /events`: what happens, as it happens. */
export const eventRoutes = (listeners: Listeners): RouteDefinition[] => [
  route({
    method: "GET",
    path: "/events",
    action: actions.listen,
    tag: { name: "Events", description: "What happens, as it happens" },
    operationId: "listEvents",
    summary: "Follow what happens",
    description:
      "Server-sent events: `log` (an entry of the call log), `stats`, `wallet`, `health` and `delivery`, of the caller's own alone; the admin's are everybody's. `ready` says from where on they are told. After a break, `Last-Event-ID` goes on behind the last `log`; `gap` says how many were missed, null where nobody knows. `error` is the last one, when the key or session has ended. Each topic asks for its own scope.",
    query,
    headers: z.object({ "Last-Event-ID": z.string().optional().describe("`id` of the last event that came") }),
    responses: {
      200: { description: "Events until the reader leaves", schema: z.string(), contentType: "text/event-stream" },
      403: { description: "The key was not made for one of the topics" },
      429: { description: "As many listen as may" },
    },
    handler({ caller, query: { topics, ...filter }, request, reply }) {
      for (const topic of topics) demandUse(caller, topicActions[topic], request.ip);
      if (filter.org_id !== undefined) demandOwn(caller, actions.readLogs, organization(filter.org_id), "organization");
      listeners.listen(caller, { topics, filter }, request, reply);
    },
  }),
];
