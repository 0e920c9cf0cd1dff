import { manifestPath } from "@agentgate/protocol/site";
import { type Kysely, type RawBuilder, type SqlBool, sql } from "kysely";
import {
  type AgentHealthTable,
  type Database,
  KeyedStatement,
  type Statement,
  type Storage,
} from "../storage/index.ts";
import type { Announcement, Announcer } from "../webhooks/index.ts";
import type { AgentHealth, CheckResult, CheckTarget } from "./agent-health.ts";
import { countingChecks } from "./health-days.ts";

/** Names agents that are well no more, or again. */
export const HEALTH_TOPIC = "agent_health";
/** A reason longer than this is cut. */
const ERROR_CHARACTERS_MAX = 300;

interface TargetRow {
  id: string;
  url: string;
  org_id: string | null;
  card_url: string | null;
  protocol: string;
  guarded: string | null;
  hangs: bigint | null;
  rests_until: bigint | null;
}

/** Agents' health in the database, so that every node answers the same and goes on where another ended. */
export class HealthStore {
  readonly #storage: Storage;
  readonly #announcer: Pick<Announcer, "audienceOf" | "statementsFor">;
  readonly #statuses: KeyedStatement;

  constructor(storage: Storage, announcer: Pick<Announcer, "audienceOf" | "statementsFor">) {
    this.#storage = storage;
    this.#announcer = announcer;
    this.#statuses = new KeyedStatement(storage.engine, "select agent_id, status from agent_health where agent_id in");
  }

  async find(agentId: string): Promise<AgentHealth | undefined> {
    const query = this.#db.selectFrom("agent_health").selectAll().where("agent_id", "=", agentId);
    const row = await query.executeTakeFirst();
    return row && fromRow(row);
  }

  /** Which of these agents answered when they were last looked at, by id; one that was not looked at is left out. */
  async statuses(agentIds: readonly string[]): Promise<Map<string, AgentHealth["status"]>> {
    if (agentIds.length === 0) return new Map();
    const query = this.#db.selectFrom("agent_health").select(["agent_id", "status"]);
    const rows = await query.where("agent_id", "in", agentIds).execute();
    return new Map(rows.map(({ agent_id, status }) => [agent_id, status]));
  }

  /** By agent id, in its order; behind `after` where it is given. @param isShown a condition on `agent_id` */
  async list({ limit, after = "" }: { limit: number; after?: string | undefined }, isShown: RawBuilder<SqlBool>) {
    const query = this.#db.selectFrom("agent_health").selectAll().where("agent_id", ">", after);
    const rows = await query
      .where(isShown)
      .orderBy("agent_id")
      .limit(limit + 1)
      .execute();
    const shown = rows.slice(0, limit);
    return {
      health: new Map(shown.map((row) => [row.agent_id, fromRow(row)])),
      next: rows.length > limit ? shown.at(-1)?.agent_id : undefined,
    };
  }

  /** Agents behind `after` up to `upTo`, in the order of their ids; none that is not called. */
  async targets(after: string, upTo: string | undefined, limit: number): Promise<CheckTarget[]> {
    const isBefore = upTo === undefined ? sql`true` : sql`agents.id <= ${upTo}`;
    return this.#targets(sql`agents.id > ${after} and ${isBefore} order by agents.id limit ${limit}`);
  }

  async target(agentId: string): Promise<CheckTarget | undefined> {
    return (await this.#targets(sql`agents.id = ${agentId}`))[0];
  }

  async #targets(which: RawBuilder<unknown>): Promise<CheckTarget[]> {
    const { rows } = await sql<TargetRow>`
      select agents.id, agents.url, agents.org_id, hangs, rests_until, agent_credentials.agent_id as guarded,
        case
          when protocol = 'a2a' then card_url
          when protocol = 'site' then agents.url || ${manifestPath}
        end as card_url,
        protocol
      from agents
      left join agent_health on agent_health.agent_id = agents.id
      left join agent_cards on agent_cards.agent_id = agents.id
      left join agent_credentials on agent_credentials.agent_id = agents.id
      where approval = 'approved' and ${which}
    `.execute(this.#db);
    return rows.map((row) => ({
      id: row.id,
      url: row.url,
      orgId: row.org_id,
      cardUrl: row.card_url || undefined,
      isServer: row.protocol === "mcp",
      isGuarded: row.guarded !== null,
      hangs: Number(row.hangs ?? 0),
      restsUntil: Number(row.rests_until ?? 0) / 1000,
    }));
  }

  /** Keeps these, but of agents that are gone or not called any more, and tells of those that are well no more, or again. */
  async write(results: readonly CheckResult[]): Promise<void> {
    const { announcer, storage } = { announcer: this.#announcer, storage: this.#storage };
    const statuses = this.#statuses.statements(results.map(({ agentId }) => agentId));
    const before = await storage.batch(statuses);
    const turned = turnedOf(
      results,
      before.flatMap(({ rows }) => rows),
    );
    const writes = [this.#upsert(results), countingChecks(storage, results)];
    if (turned.length === 0) return void (await storage.batch(writes));
    const told = await Promise.all(
      (await this.#named(turned)).map(async (one) => ({ ...one, audience: await announcer.audienceOf(one) })),
    );
    await storage.transact(statuses, (found) => {
      const still = new Set(
        turnedOf(
          results,
          found.flatMap(({ rows }) => rows),
        ),
      );
      const announced = told.filter(({ result }) => still.has(result));
      const statements = announcer.statementsFor(announced.map((one) => [one.audience, announcementOf(one)]));
      return { writes: [...writes, ...statements], value: undefined };
    });
    // Whoever listens looks for himself: what is written is the truth, this is a hint.
    const ids = turned.map(({ agentId }) => agentId);
    await storage.changes.change(HEALTH_TOPIC, async () => {}, ids);
  }

  /** Whose agents these are, and what they are called. */
  async #named(results: readonly CheckResult[]): Promise<NamedResult[]> {
    const byId = new Map(results.map((result) => [result.agentId, result]));
    const query = this.#db
      .selectFrom("agents")
      .select(["id", "name", "org_id"])
      .where("id", "in", [...byId.keys()])
      .where("approval", "=", "approved");
    const rows = await query.execute();
    return rows.map(({ id, name, org_id: orgId }) => ({ name, orgId, result: byId.get(id)! }));
  }

  #upsert(results: readonly CheckResult[]): Statement {
    const rows = results.map((result) => ({
      agent_id: result.agentId,
      status: result.status,
      checked_at: Math.floor(result.checkedAt * 1000),
      latency_us: result.latencyMs === null ? null : Math.round(result.latencyMs * 1000),
      error: result.error?.slice(0, ERROR_CHARACTERS_MAX).replaceAll("\0", "").toWellFormed() ?? null,
      hangs: result.hangs,
      rests_until: Math.floor(result.restsUntil * 1000),
    }));
    return sql`
      insert into agent_health (agent_id, status, checked_at, latency_us, error, hangs, rests_until)
      ${this.#storage.engine === "sqlite" ? fromJsonOnSqlite(rows) : fromJsonOnPostgres(rows)}
      on conflict (agent_id) do update set
        status = excluded.status, checked_at = excluded.checked_at, latency_us = excluded.latency_us,
        error = excluded.error, hangs = excluded.hangs, rests_until = excluded.rests_until
    `.compile(this.#db);
  }

  get #db(): Kysely<Database> {
    return this.#storage.db;
  }
}

interface NamedResult {
  name: string;
  orgId: string | null;
  result: CheckResult;
}

/** Those that are well no more, or again: an agent that is well when it is first looked at is no news. */
function turnedOf(
  results: readonly CheckResult[],
  before: readonly Pick<AgentHealthTable, "agent_id" | "status">[],
): CheckResult[] {
  const known = new Map(before.map(({ agent_id, status }) => [agent_id, status]));
  return results.filter(({ agentId, status }) => status !== (known.get(agentId) ?? "healthy"));
}

function announcementOf({ name, orgId, result }: NamedResult): Announcement {
  const { agentId, status, error, latencyMs } = result;
  const fields = { agent_id: agentId, agent_name: name };
  const at = BigInt(Math.floor(result.checkedAt * 1000));
  return status === "healthy"
    ? { event: "agent.recovered", orgId, agentId, at, fields: { ...fields, latency_ms: latencyMs } }
    : { event: "agent.unhealthy", orgId, agentId, at, fields: { ...fields, error } };
}

const fromJsonOnSqlite = (rows: readonly object[]) => sql`
  select value ->> 'agent_id', value ->> 'status', value ->> 'checked_at', value ->> 'latency_us', value ->> 'error',
    value ->> 'hangs', value ->> 'rests_until'
  from json_each(${JSON.stringify(rows)}) where exists (select 1 from agents where id = value ->> 'agent_id' and approval = 'approved')
`;

/** An agent that is being deleted at this moment is waited for, and then gone. */
const fromJsonOnPostgres = (rows: readonly object[]) => sql`
  select agents.id, status, checked_at, latency_us, error, hangs, rests_until
  from json_to_recordset(${JSON.stringify(rows)}::json) as given (
    agent_id text, status text, checked_at bigint, latency_us bigint, error text, hangs bigint, rests_until bigint
  ) join agents on agents.id = given.agent_id and approval = 'approved' order by agents.id for key share of agents
`;

const fromRow = (row: AgentHealthTable): AgentHealth => ({
  status: row.status,
  checkedAt: Number(row.checked_at) / 1000,
  latencyMs: row.latency_us === null ? null : Number(row.latency_us) / 1000,
  error: row.error,
});
