import { z } from "zod";
import { actions } from "../../access/index.ts";
import { numeric, type Principal, type RouteDefinition, route, type Tag, uuid } from "../../http/index.ts";
import type { Clock } from "../../runtime/index.ts";
import type { PublicStatistics } from "./public-stats.ts";
import type { Range, RollupReader } from "./rollup-reader.ts";
import { instant, seriesOf, wirePart, wireSums } from "./series.ts";
import { KEPT, steps, wholeSpans } from "./spans.ts";
import { AGENTS_MAX, demandRange, type ManagedAgent, type SelectionQuery, selectionOf } from "./stats-selection.ts";

export interface StatsFaceOptions {
  reader: RollupReader;
  /** Has this node's calls written. */
  flush(): Promise<void>;
  clock: Clock;
  managedAgent: ManagedAgent;
  publicStats: Pick<PublicStatistics, "get">;
  /** What these agents are called, by id. */
  /** Of those among them that the caller sees. */
  agentNames(ids: readonly string[], caller: Principal): Promise<Map<string, string>>;
}

export const statsTag: Tag = { name: "Statistics", description: "Calls over time: how many, how fast, for how much" };

const DAY_SECONDS = 86_400n;
const breakdown = z.enum(["agent", "error", "payer"]);
const instantParameter = z.iso.datetime({ offset: true });
const listOf = <S extends z.ZodType>(item: S) =>
  z.preprocess((given) => (typeof given === "string" ? given.split(",").filter(Boolean) : given), z.array(item));

const selectionQuery = {
  role: z
    .enum(["owner", "payer"])
    .default("owner")
    .describe("`owner`: calls to the organization's agents; `payer`: calls that it pays for"),
  org_id: uuid().optional().describe("For the admin: one organization; without it, all"),
  agent_id: listOf(uuid())
    .pipe(z.array(z.string()).max(AGENTS_MAX))
    .optional()
    .describe("These agents alone: several times, or with commas"),
  from: instantParameter.optional().describe("By default a day before `to`"),
  to: instantParameter.optional().describe("By default now"),
};

const sums = {
  ok: z.int(),
  error: z.int(),
  spent: z.number().describe("Dollars that callers paid for them"),
  earned: z.number().describe("Dollars that the agents' owners got of that"),
};
const times = {
  p50: z.number().nullable().describe("Milliseconds that agents took, within 5 %; null where none is known"),
  p95: z.number().nullable(),
  p99: z.number().nullable(),
  gateway_p50: z.number().nullable().describe("Milliseconds of the gateway's own, within 5 %"),
  gateway_p99: z.number().nullable(),
};
const span = {
  t: z.iso.datetime().describe("Where the span begins"),
  unfinished: z.boolean().describe("More may come"),
};
const wirePoint = z.object({ ...span, ...sums, ...times }).meta({ id: "StatsPoint" });
const wirePartPoint = z.object({ ...span, ...sums }).meta({ id: "StatsPartPoint" });
const wireName = z.string().nullable().describe("Of an agent that is there");
const range = { from: z.iso.datetime(), to: z.iso.datetime().describe("Not in it") };
const wireSeries = z
  .object({
    ...range,
    step: z.int().describe("Seconds"),
    points: z.array(wirePoint).describe("Ascending, one for each span, also without calls"),
    parts: z
      .array(
        z.object({
          key: z.string().nullable().describe("An agent's or payer's id, or a kind of failure; null for all others"),
          name: wireName,
          points: z.array(wirePartPoint),
        }),
      )
      .optional()
      .describe("With `by`: the largest five, and the others together"),
    heat: z
      .object({
        bounds_ms: z
          .array(z.number())
          .describe(
            "Where each row ends, ascending, from the fastest call to the slowest; empty when no time is known",
          ),
        counts: z.array(z.array(z.int())).describe("Of each point one count for each row"),
      })
      .optional()
      .describe("With `heat`: how many calls took how long, of the agents' time; what is summed by pairs has none"),
    previous: z
      .object({ ...range, points: z.array(wirePoint) })
      .optional()
      .describe("With `compare`: as long, and just before"),
  })
  .meta({ id: "StatsSeries" });
const wireTop = z
  .object({
    ...range,
    entries: z.array(z.object({ key: z.string(), name: wireName, ...sums })).describe("Largest first"),
    all: z.object(sums).describe("All calls of the range, those of no entry included"),
  })
  .meta({ id: "StatsTop" });

const wirePublic = z
  .object({
    agents: z.int(),
    calls_24h: z.int(),
    success_24h: z.number().nullable().describe("From 0 to 1, not rounded; null without calls"),
    gateway_p50_ms: z.number().nullable().describe("Half of the calls waited less for the gateway itself; within 5 %"),
  })
  .meta({ id: "PublicStats" });

const refusals = {
  403: { description: "Another organization, or somebody else's agent" },
  404: { description: "No such agent" },
};

/** Calls over time, of one's own agents or of those that one pays for. */
export function statsRoutes({
  reader,
  clock,
  flush,
  agentNames,
  managedAgent,
  publicStats,
}: StatsFaceOptions): RouteDefinition[] {
  const selected = async (query: SelectionQuery, caller: Principal) => {
    const selection = await selectionOf(query, caller, managedAgent);
    // What was answered a moment ago is in it.
    await flush();
    return selection;
  };
  const rangeOf = ({ from, to }: { from?: string | undefined; to?: string | undefined }): Range => {
    const end = to === undefined ? BigInt(Math.floor(clock.now() / 1000)) + 1n : seconds(to);
    return demandRange({ from: from === undefined ? end - DAY_SECONDS : seconds(from), to: end });
  };
  const now = () => BigInt(Math.floor(clock.now() / 1000));
  const named = (by: string | undefined, keys: readonly (string | null)[], caller: Principal) =>
    agentNames(by === "agent" ? keys.filter((key) => key !== null) : [], caller);
  return [
    route({
      method: "GET",
      path: "/stats/series",
      action: actions.readUsage,
      tag: statsTag,
      operationId: "getStatsSeries",
      summary: "Get calls over time",
      description:
        "How many succeeded and failed, what agents and the gateway took, and what was paid, by spans of time. Minutes are kept for 48 " +
        "hours, hours for 400 days: `step` in the answer says which length its spans have. With `by`, hours or days.",
      query: z.object({
        ...selectionQuery,
        by: breakdown.optional().describe("Broken down by agent, kind of failure or payer"),
        step: numeric(z.int())
          .refine((step) => (steps as readonly number[]).includes(step), { error: `One of ${steps.join(", ")}` })
          .optional()
          .describe(`Seconds: one of ${steps.join(", ")}; by default what suits the range`),
        heat: z.enum(["true", "false"]).default("false").describe("Also how many calls of each span took how long"),
        compare: z.enum(["true", "false"]).default("false").describe("Also as long a time just before"),
      }),
      responses: { 200: { description: "The series", schema: wireSeries }, ...refusals },
      handler: async ({ query, caller }) => {
        const asked = { range: rangeOf(query), step: query.step, by: query.by, ...flagsOf(query) };
        const selection = await selected(query, caller);
        const { parts, ...series } = await seriesOf(reader, { ...asked, selection, now: now() });
        if (!parts) return series;
        const names = await named(
          query.by,
          parts.map(({ key }) => key),
          caller,
        );
        return { ...series, parts: parts.map((part) => ({ ...part, name: names.get(part.key ?? "") ?? null })) };
      },
    }),
    route({
      method: "GET",
      path: "/stats/top",
      action: actions.readUsage,
      tag: statsTag,
      operationId: "getStatsTop",
      summary: "Find the agents, failures or payers with most calls",
      description:
        "Whole hours around the range, or whole UTC days where it begins more than a week ago. Of one owner's agents a thousand combinations of " +
        "agent, payer and failure are told apart in an hour and a day; the others count as `other`.",
      query: z.object({
        ...selectionQuery,
        by: breakdown,
        sort: z
          .enum(["calls", "errors", "spent", "earned"])
          .optional()
          .describe("By default `errors` of failures, else `calls`"),
        limit: numeric(z.int().min(1).max(100)).default(10),
      }),
      responses: { 200: { description: "The largest", schema: wireTop }, ...refusals },
      handler: async ({ query, caller }) => {
        const { by, limit } = query;
        const asked = rangeOf(query);
        const step = now() - asked.from > BigInt(KEPT.pairHours) ? DAY_SECONDS : 3_600n;
        const range = wholeSpans(asked, step);
        const selection = await selected(query, caller);
        const sort = query.sort ?? (by === "error" ? "errors" : "calls");
        const order = sort === "spent" ? "paid" : sort;
        const { parts, all } = await reader.parts(selection, range, { by, step, order, limit });
        const names = await named(
          by,
          parts.map(({ key }) => key),
          caller,
        );
        return {
          from: instant(range.from),
          to: instant(range.to),
          entries: parts.map((part) => ({ ...wirePart(part), name: names.get(part.key) ?? null })),
          all: wireSums(all),
        };
      },
    }),
    route({
      method: "GET",
      path: "/stats/public",
      action: actions.readDirectory,
      tag: statsTag,
      operationId: "getPublicStats",
      summary: "Get what the gateway tells everybody of itself",
      description: "Agents that everybody sees, and the calls to these of the last 24 hours. At most ten seconds old.",
      responses: { 200: { description: "Figures of the gateway", schema: wirePublic } },
      handler: () => publicStats.get(),
    }),
  ];
}

const flagsOf = ({ compare, heat }: Record<"compare" | "heat", "true" | "false">) => ({
  compares: compare === "true",
  heats: heat === "true",
});

const seconds = (time: string): bigint => BigInt(Math.floor(Date.parse(time) / 1000));
