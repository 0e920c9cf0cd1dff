import { type RawBuilder, sql } from "kysely";
import type { Micros } from "../runtime/index.ts";

/**
 * What a task costs an organization, of a row of `agents`: as in `mayHavePrice`.
 * @param own what it costs who was granted no price
 */
export const priceTo = (orgId: string, now: Micros, own: RawBuilder<unknown> = sql`price_per_task`) => sql`
  case when has_grants = 1 and price_per_task > 0 and visibility <> 'org' and (org_id is null or org_id <> ${orgId}) then coalesce(
    (
      select price from agent_grants
      where agent_id = agents.id and agent_grants.org_id = ${orgId} and may_call = 1
        and (expires_at is null or expires_at > ${now})
    ),
    ${own}
  ) else ${own} end`;
