import type { MicroDollars } from "@agentgate/protocol";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { AgentProtocolName } from "./agent.ts";
import type { HealthState } from "./track-record.ts";

/** What agents must be like, beside what is said in their texts. */
export interface Filters {
  /** Of one task, as everybody pays it. */
  priceMax?: MicroDollars | undefined;
  /** Average of the reviews; agents without reviews have none. */
  ratingMin?: number | undefined;
  protocol?: AgentProtocolName | undefined;
  health?: Exclude<HealthState, "unknown"> | undefined;
}

export const hasFilters = (filters: Filters): boolean => Object.values(filters).some((value) => value !== undefined);

/** The unwell are few, and looked up at once; of the others each is asked for, and most of those that are met will do. */
const healthConditions: Record<NonNullable<Filters["health"]>, RawBuilder<unknown>> = {
  unhealthy: sql`id in (select agent_id from agent_health where status <> 'healthy')`,
  healthy: sql`(select status from agent_health where agent_health.agent_id = id) = 'healthy'`,
};

/** As a condition on `agents`; of columns that the index `agents_filters` has. */
export function passes({ priceMax, ratingMin, protocol, health }: Filters): RawBuilder<SqlBool> {
  const conditions = [
    ...(priceMax === undefined ? [] : [sql`price_per_task <= ${priceMax}`]),
    ...(ratingMin === undefined ? [] : [sql`rating >= ${ratingMin}`]),
    ...(protocol === undefined ? [] : [sql`protocol = ${protocol}`]),
    ...(health === undefined ? [] : [healthConditions[health]]),
  ];
  return sql`(${sql.join([sql`1 = 1`, ...conditions], sql` and `)})`;
}

/** Whether the few that pass are found sooner by what was noted of their health than along the order of all. */
export const isOfUnwell = ({ health }: Filters): boolean => health === "unhealthy";

/** Whether hardly anything is left out. */
export const leavesMost = (filters: Filters): boolean =>
  !hasFilters({ ...filters, health: undefined }) && filters.health === "healthy";
