import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { read } from "../../app/read.ts";
import { type Asked, askedOf, type StatsTop } from "./stats.ts";

/** An agent that fails, with a kind of failure that it has. */
export interface Failing {
  agentId: string;
  agentName: string | null;
  error: string;
  count: number;
  calls: number;
}

const AGENTS = 5;
const ERRORS = 3;

/** What fails most: of the agents with most failures, which failures. */
export const failingQuery = (asked: Asked) =>
  queryOptions({
    queryKey: ["stats", "failing", asked],
    queryFn: async ({ signal }): Promise<Failing[]> => {
      const query = askedOf(asked);
      const top = await read<StatsTop>("/stats/top", { ...query, by: "agent", sort: "errors", limit: AGENTS }, signal);
      const agents = top.entries.filter(({ error }) => error > 0);
      const found = await Promise.all(
        agents.map(async ({ key, name, ok, error: failed }) => {
          const errors = { ...query, by: "error", agent_id: key, limit: ERRORS };
          const { entries } = await read<StatsTop>("/stats/top", errors, signal);
          return entries
            .filter(({ error }) => error > 0)
            .map(({ key: error, error: count }) => ({
              agentId: key,
              agentName: name,
              error,
              count,
              calls: ok + failed,
            }));
        }),
      );
      return found.flat().sort((a, b) => b.count - a.count);
    },
    placeholderData: keepPreviousData,
  });
