import type { MicroDollars } from "@agentgate/protocol";
import { type RawBuilder, type Selectable, type SqlBool, sql } from "kysely";
import { reachOf } from "../../access/index.ts";
import type { Principal } from "../../http/index.ts";
import { type Clock, microsNow } from "../../runtime/index.ts";
import type { AgentSkillsTable, Storage } from "../../storage/index.ts";
import { priceTo } from "../price-to.ts";
import { isVisible } from "../visible.ts";
import type { AgentSkill } from "./skill.ts";
import { fromSkillRow } from "./skill-store.ts";

/** Some of an agent's skills, by what they are called at the agent's own address; all of them unless some are named. */
export interface SkillsAsked {
  agentId: string;
  names?: readonly string[] | undefined;
}

/** Which of the offered skills are wanted. */
export interface SkillFilter {
  /** Of these agents alone; of all that the caller may call where it says nothing. */
  agents?: readonly SkillsAsked[] | undefined;
  /** Of this organization's agents alone. */
  ownerId?: string | undefined;
  /** Of agents alone that ask for no key of their own. */
  isKeyless?: boolean | undefined;
  /** All of these are in its id, title or description, in any case. */
  words?: readonly string[] | undefined;
  /** What a task costs the caller, at most. */
  priceMax?: MicroDollars | undefined;
}

/** A skill, at what it costs whoever asked. */
export interface OfferedSkill extends AgentSkill {
  readonly costs: MicroDollars;
}

/** A page of skills, by what they are called among the tools of all agents. */
export interface OfferedPage {
  skills: OfferedSkill[];
  /** Where the list goes on, even where this page is short; undefined at its end. */
  next: string | undefined;
}

/** So many skills are looked at for one page. */
const STEPS_MAX = 2_000;
/** Agents that a list may be narrowed to. */
export const ASKED_MAX = 1_000;

/** What is told of an offered skill: what it is searched by is longer than all of that, and stays where it is. */
const OFFERED_COLUMNS = (
  [
    ...(["agent_id", "id", "position", "title", "description", "input_schema", "output_schema"] as const),
    ...(["annotations", "price", "name", "tool", "digest", "state"] as const),
  ] satisfies (keyof AgentSkillsTable)[]
).map((column) => sql.ref(`steps.${column}`));

/** The skills that a caller may have done, of all agents, in the order of their names as tools: found by their keys, and never by a scan. */
export class OfferedSkills {
  readonly #storage: Storage;
  readonly #clock: Clock;

  constructor(storage: Storage, clock: Clock) {
    this.#storage = storage;
    this.#clock = clock;
  }

  /** @param after `next` of the page before */
  async page(
    filter: SkillFilter,
    { limit, after = "" }: { limit: number; after?: string | undefined },
    caller: Principal | undefined,
  ): Promise<OfferedPage> {
    const isNarrowed = filter.agents !== undefined || filter.ownerId !== undefined;
    // Of few agents, their skills are looked up and put in order; of all, the order is walked.
    const place = isNarrowed ? sql`tool || ''` : sql`tool`;
    const walk = sql`from agent_skills where state = 'live' and ${place} > ${after} and ${isAsked(filter)} order by ${place}`;
    const found = await this.#offered(sql`select * ${walk} limit ${sql.lit(STEPS_MAX)}`, filter, caller, limit + 1);
    const skills = found.slice(0, limit);
    if (found.length > limit) return { skills, next: skills.at(-1)!.tool };
    const last = await sql<{ tool: string }>`select tool ${walk} limit 1 offset ${sql.lit(STEPS_MAX - 1)}`.execute(
      this.#storage.db,
    );
    return { skills, next: last.rows[0]?.tool };
  }

  /** The skill of this name among all; undefined for one that is not offered, or not to this caller. */
  async find(tool: string, caller: Principal | undefined): Promise<OfferedSkill | undefined> {
    const named = sql`select * from agent_skills where state = 'live' and tool = ${tool}`;
    return (await this.#offered(named, {}, caller, 1))[0];
  }

  async #offered(
    skills: RawBuilder<unknown>,
    { words = [], priceMax, isKeyless }: SkillFilter,
    caller: Principal | undefined,
    limit: number,
  ): Promise<OfferedSkill[]> {
    const reach = reachOf(caller);
    const now = microsNow(this.#clock);
    const own = sql`coalesce(steps.price, price_per_task)`;
    // A price that was granted counts for whatever skill, but for one that is free to all.
    const costs =
      reach.orgId === undefined
        ? own
        : sql`case when steps.price = 0 then steps.price else ${priceTo(reach.orgId, now, own)} end`;
    const conditions = [
      isVisible(reach, now, { mayCall: true }),
      ...words.map((word) => sql<SqlBool>`steps.search_text like ${partOf(word)} escape ${"\\"}`),
      ...(isKeyless ? [sql<SqlBool>`key_hash is null`] : []),
      ...(priceMax === undefined ? [] : [sql<SqlBool>`${costs} <= ${priceMax}`]),
    ];
    const { rows } = await sql<Omit<Selectable<AgentSkillsTable>, "found" | "search_text"> & { costs: bigint }>`
      select ${sql.join(OFFERED_COLUMNS)}, ${costs} as costs
      from (${skills}) as steps join agents on agents.id = steps.agent_id
      where ${sql.join(conditions, sql` and `)} order by tool limit ${limit}
    `.execute(this.#storage.db);
    // Of what is offered, nothing else was found upstream.
    return rows.map((row) => ({ ...fromSkillRow({ ...row, found: null }), costs: row.costs }));
  }
}

const partOf = (word: string): string => `%${word.toLowerCase().replace(/[\\%_]/g, "\\$&")}%`;

function isAsked({ agents, ownerId }: SkillFilter): RawBuilder<SqlBool> {
  const isOwned =
    ownerId === undefined ? sql`true` : sql`agent_id in (select id from agents where org_id = ${ownerId})`;
  if (agents === undefined) return sql`${isOwned}`;
  if (agents.length > ASKED_MAX) throw new RangeError(`at most ${ASKED_MAX} agents are asked for at once`);
  const whole = agents.filter(({ names }) => names === undefined).map(({ agentId }) => agentId);
  const parts = agents.filter(({ names }) => names !== undefined && names.length > 0);
  const ways = [
    ...(whole.length > 0 ? [sql`agent_id in (${sql.join(whole)})`] : []),
    ...parts.map(({ agentId, names }) => sql`(agent_id = ${agentId} and name in (${sql.join(names!)}))`),
  ];
  return ways.length === 0 ? sql`1 = 0` : sql`(${isOwned} and (${sql.join(ways, sql` or `)}))`;
}
