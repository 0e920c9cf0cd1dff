import { type ZodType, z } from "zod";
import { actions, type KeyUse, requestUse, subjectOf } from "../../access/index.ts";
import {
  Exports,
  idParams,
  numeric,
  type Principal,
  Problem,
  type RouteDefinition,
  route,
  text,
  uuid,
} from "../../http/index.ts";
import { type Clock, type Micros, microsNow, renderTimestamp } from "../../runtime/index.ts";
import { entrances, toWireLogEntry } from "../entry.ts";
import { AGENTS_MAX } from "../rollups/stats-selection.ts";
import { usageTag as tag, wireLogEntry } from "../wire-entry.ts";
import type { LogDetails } from "./log-details.ts";
import { exported, exportFormats } from "./log-export.ts";
import { PLACE, placeIn, placeText } from "./log-filter.ts";
import type { LogSearch } from "./log-search.ts";
import { ALL_KEPT, asSeenBy, filterOf } from "./selected-calls.ts";

export interface SearchFaceOptions {
  search: LogSearch;
  details: LogDetails;
  /** Has this node's calls written. */
  flush(): Promise<void>;
  clock: Clock;
  /** Of those among them that the caller sees. */
  agentNames(ids: readonly string[], caller: Principal): Promise<Map<string, string>>;
  /** Ends what was begun with a key once the key does not open it any more. */
  keyWatch: { watch(use: KeyUse, onEnded: (why: Problem) => void): () => void };
}

const NAME_LENGTH_MAX = 255;
const VALUES_MAX = 20;
const MICROS_PER_DAY = 86_400_000_000n;
const BUCKETS_MAX = 120n;
const FACET_VALUES_MAX = 20;

const listOf = (item: ZodType<string>, max: number) =>
  z.preprocess(
    (given) => (typeof given === "string" ? given.split(",").filter(Boolean) : given),
    z.array(item).max(max),
  );
const name = () => text().max(NAME_LENGTH_MAX);
const instant = () => z.iso.datetime({ offset: true });

/** Which calls are looked for, as the query of a request has it. */
export const filterQuery = {
  role: z
    .enum(["owner", "payer"])
    .default("owner")
    .describe("`owner`: calls to agents that were the organization's then; `payer`: calls that it paid for"),
  org_id: uuid().optional().describe("For the admin: one organization; without it, all"),
  agent_id: listOf(uuid(), AGENTS_MAX).optional().describe("Any of these: several times, or with commas"),
  status: z.enum(["success", "error"]).optional(),
  error: listOf(name(), VALUES_MAX).optional().describe("Any of these kinds of failure, as `error_detail` has them"),
  entrance: listOf(z.enum(entrances), VALUES_MAX).optional().describe("By any of these entrances"),
  skill: listOf(name(), VALUES_MAX).optional().describe("For any of these skills, by their ids"),
  payer_org_id: uuid().optional(),
  task_id: name().optional(),
  trace_id: z
    .string()
    .regex(/^[0-9a-f]{32}$/, "Must be 32 hexadecimal digits")
    .optional(),
  context_id: name().optional(),
  request_id: name().optional().describe("`X-Request-Id` of the answer that the caller got"),
  parent_id: uuid().optional().describe("Made by this call's agent"),
  key_id: uuid().optional().describe("One's own key, made for something"),
  caller_ip: name().optional(),
  latency_min: numeric(z.number().min(0).max(1e9)).optional().describe("Milliseconds"),
  not_agent_id: listOf(uuid(), VALUES_MAX).optional().describe("To none of these agents"),
  not_error: listOf(name(), VALUES_MAX).optional().describe("Without these kinds of failure; what succeeded has none"),
  not_entrance: listOf(z.enum(entrances), VALUES_MAX).optional().describe("By none of these entrances"),
  not_skill: listOf(name(), VALUES_MAX).optional().describe("For none of these skills; what named no skill stays"),
  not_payer_org_id: listOf(uuid(), VALUES_MAX)
    .optional()
    .describe("Paid for by none of these organizations; what nobody paid for stays"),
  from: instant().optional(),
  to: instant().optional(),
};

const searchedTo = z.iso
  .datetime()
  .nullable()
  .describe("Not null when the search's time was over: what is older than that was not looked at");
const wirePage = z
  .object({
    entries: z.array(wireLogEntry),
    next: z.string().nullable().describe("`before` of the next page; null when there is none"),
    searched_to: searchedTo,
  })
  .meta({ id: "LogPage" });
const wireHistogram = z
  .object({
    step_ms: z.int(),
    buckets: z.array(z.object({ t: z.iso.datetime(), ok: z.int(), error: z.int() })),
    searched_to: searchedTo,
  })
  .meta({ id: "LogHistogram" });
const count = z.object({ value: z.string(), count: z.int() });
const wireFacets = z
  .object({
    ...{ status: z.array(count), error: z.array(count), entrance: z.array(count), protocol: z.array(count) },
    agent: z.array(count.extend({ name: z.string().nullable() })),
    payer: z.array(count),
    skill: z.array(count),
    searched_to: searchedTo,
  })
  .meta({ id: "LogFacets" });
const wireDetails = wireLogEntry
  .extend({
    timing: z
      .array(z.object({ name: z.enum(["admit", "reserve", "wait", "receive"]), start_ms: z.number(), ms: z.number() }))
      .describe("One after the other; empty for calls of earlier versions"),
    transaction: z
      .object({
        ...{ id: z.uuid(), payer_org_id: z.string().nullable(), receiver_org_id: z.string().nullable() },
        ...{ amount: z.number(), fee: z.number(), net: z.number(), tx_type: z.string(), created_at: z.iso.datetime() },
      })
      .nullable()
      .describe("What the ledger says of the payment; null when nothing was charged"),
    deliveries: z
      .array(
        z.object({
          ...{ id: z.uuid(), endpoint_id: z.uuid().nullable(), event: z.string(), status: z.string() },
          ...{ attempts: z.int(), created_at: z.iso.datetime() },
        }),
      )
      .describe("Webhooks that told of it, for the agent's owner"),
    children: z.array(wireLogEntry).describe("Calls that its agent made, as it says: those that one may know of"),
  })
  .meta({ id: "LogDetails" });
const refused = { 403: { description: "Another organization's, or an agent that the key is not for" } };

/** The log as its readers ask for it: pages, one call, and counts. What a node has answered is always included on that node. */
export function searchRoutes(options: SearchFaceOptions): RouteDefinition[] {
  const { search, details, flush, clock, agentNames, keyWatch } = options;
  const exports = new Exports();
  const aDayBefore = (to: Micros) => to - MICROS_PER_DAY;
  const common = { method: "GET", tag, action: actions.readLogs } as const;
  return [
    route({
      ...common,
      path: "/logs",
      operationId: "listLogs",
      summary: "Search the calls, newest first",
      description:
        "An organization's calls as an owner or as a payer; to the admin, everybody's. Filters hold together. A page is answered within a " +
        "bounded time: when that is over, it has what was found until then, `searched_to` says how far, and `next` goes on from there. " +
        "`format=ndjson` and `format=csv` answer all calls that fit, from `before` on, as they are read. Bodies of tasks and answers are not kept.",
      query: z.object({
        ...filterQuery,
        before: z.string().regex(PLACE, { error: "Take this from `next` of the page before" }).optional(),
        limit: numeric(z.int().min(1).max(500)).default(50),
        format: z.enum(["json", "ndjson", "csv"]).default("json"),
      }),
      responses: {
        200: { description: "A page", schema: wirePage, textTypes: ["text/csv", "application/x-ndjson"] },
        ...refused,
        429: { description: "Too many exports are under way" },
      },
      handler: async ({ query: { before, limit, format, ...query }, caller, request, reply }) => {
        const filter = filterOf(query, caller, ALL_KEPT.from, ALL_KEPT.to);
        await flush();
        const place = before === undefined ? undefined : placeIn(before);
        if (format === "json") {
          const page = await search.page(filter, { before: place, limit });
          return {
            entries: page.entries.map((call) => toWireLogEntry(asSeenBy(caller, call))),
            next: page.next && placeText(page.next),
            searched_to: rendered(page.searchedTo),
          };
        }
        return exports.write({
          ...{ owner: subjectOf(caller), reply, filename: `calls.${format}`, contentType: exportFormats[format].type },
          lines: (over) =>
            exported(
              format,
              seenBy(search.all(filter, place, over), (call) => asSeenBy(caller, call)),
            ),
          watch: (onEnded) => keyWatch.watch(requestUse(request, actions.readLogs), onEnded),
        });
      },
    }),
    route({
      ...common,
      path: "/logs/histogram",
      operationId: "getLogHistogram",
      summary: "Count the calls over time",
      description:
        "By the same filters, of the last day unless `from` and `to` say otherwise; newest first where time is short.",
      query: z.object(filterQuery),
      responses: { 200: { description: "At most 120 buckets, oldest first", schema: wireHistogram }, ...refused },
      handler: async ({ query, caller }) => {
        const filter = filterOf(query, caller, aDayBefore, microsNow(clock));
        const range = filter.to - filter.from;
        const step = STEPS.find((micros) => range <= micros * (BUCKETS_MAX - 1n));
        if (step === undefined) throw tooLong();
        await flush();
        const { counts, searchedTo } = await search.histogram(filter, step);
        return {
          step_ms: Number(step / 1000n),
          buckets: counts.map(({ at, ok, error }) => ({ t: renderTimestamp(at), ok, error })),
          searched_to: rendered(searchedTo),
        };
      },
    }),
    route({
      ...common,
      path: "/logs/facets",
      operationId: "getLogFacets",
      summary: "Count what the calls have in common",
      description:
        "By the same filters, of the last day unless `from` and `to` say otherwise: the 20 values that most calls have.",
      query: z.object(filterQuery),
      responses: { 200: { description: "Values with counts, most first", schema: wireFacets }, ...refused },
      handler: async ({ query, caller }) => {
        const filter = filterOf(query, caller, aDayBefore, microsNow(clock));
        await flush();
        const { counts, searchedTo } = await search.facets(filter);
        const agent = mostOf(counts.agent);
        const ids = agent.map(({ value }) => value);
        const names = await agentNames(ids, caller);
        return {
          ...{ status: mostOf(counts.status), error: mostOf(counts.error), entrance: mostOf(counts.entrance) },
          protocol: mostOf(counts.protocol),
          agent: agent.map((one) => ({ ...one, name: names.get(one.value) ?? null })),
          payer: mostOf(counts.payer),
          skill: mostOf(counts.skill),
          searched_to: rendered(searchedTo),
        };
      },
    }),
    route({
      ...common,
      path: "/logs/{id}",
      operationId: "getLog",
      summary: "Get everything that is known of one call",
      description:
        "Its row, how its time was spent, the payment in the ledger, what webhooks told of it, and the calls that its agent made. For the " +
        "agent's owner at the time, and whoever paid for it. Calls that earlier versions have logged are in the list alone, unless they were paid for.",
      params: idParams,
      responses: {
        200: { description: "The call", schema: wireDetails },
        404: { description: "No such call, or it is older than the log is kept" },
      },
      handler: async ({ params, caller }) => {
        await flush();
        return details.of(params.id, caller);
      },
    }),
  ];
}

const SECOND = 1_000_000n;
const HOUR = 3_600n * SECOND;
const STEPS = [
  ...[1n, 5n, 15n, 30n, 60n, 300n, 900n, 1_800n].map((seconds) => seconds * SECOND),
  ...[1n, 3n, 6n, 12n, 24n, 24n * 7n, 24n * 28n].map((hours) => hours * HOUR),
];

const rendered = (micros: Micros | null): string | null => (micros === null ? null : renderTimestamp(micros));

const mostOf = (tally: ReadonlyMap<string, number>) =>
  [...tally]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
    .slice(0, FACET_VALUES_MAX);

async function* seenBy<T>(calls: AsyncIterable<T[]>, seen: (call: T) => T): AsyncGenerator<T[]> {
  for await (const some of calls) yield some.map(seen);
}

const tooLong = () =>
  new Problem(422, [{ type: "value_error", loc: ["query", "from"], msg: "Must be at most 9 years before `to`" }]);
