import { type Insertable, type Selectable, sql, type Transaction } from "kysely";
import { CachedLookup } from "../../runtime/index.ts";
import type { Database, McpServersTable, Storage } from "../../storage/index.ts";
import { AGENTS_TOPIC } from "../store.ts";
import type { McpServer } from "./mcp-server.ts";

const SERVERS_CACHED = 10_000;

/** Where MCP servers are kept. Answers from memory where it can. */
export class McpServerStore {
  readonly #storage: Storage;
  readonly #cached: CachedLookup<McpServer>;

  constructor(storage: Storage) {
    this.#storage = storage;
    this.#cached = new CachedLookup((id) => this.#load(id), { entriesMax: SERVERS_CACHED });
    storage.changes.subscribe(AGENTS_TOPIC, (changed) => this.#cached.forget(changed));
  }

  find(agentId: string): McpServer | undefined | Promise<McpServer | undefined> {
    return this.#cached.get(agentId);
  }

  /** Writes it within the transaction that changes its agent, which notes the agent as changed. */
  async put(trx: Transaction<Database>, server: McpServer): Promise<void> {
    const { agent_id, ...row } = toRow(server);
    await trx
      .insertInto("mcp_servers")
      .values({ agent_id, ...row })
      .onConflict((conflict) => conflict.column("agent_id").doUpdateSet(row))
      .execute();
  }

  /**
   * Of the next `limit` servers in the order of their agents' ids, those that may tell when their tools change.
   * Goes on after `next` until there is none: however few tell, no statement reads more than a page.
   */
  async telling(limit: number, after: string): Promise<{ ids: string[]; next: string | undefined }> {
    const query = this.#storage.db
      .selectFrom("mcp_servers")
      .select(["agent_id", sql<number | boolean>`capabilities like '%listChanged%'`.as("tells")])
      .where("agent_id", ">", after)
      .orderBy("agent_id")
      .limit(limit);
    const page = await query.execute();
    return {
      ids: page.filter(({ tells }) => tells).map(({ agent_id }) => agent_id),
      next: page.length < limit ? undefined : page.at(-1)?.agent_id,
    };
  }

  async #load(agentId: string): Promise<McpServer | undefined> {
    const query = this.#storage.db.selectFrom("mcp_servers").selectAll().where("agent_id", "=", agentId);
    const row = await query.executeTakeFirst();
    return row && fromRow(row);
  }
}

const toRow = (server: McpServer): Insertable<McpServersTable> => ({
  agent_id: server.agentId,
  url: server.url,
  era: server.speech.era,
  version: server.speech.version,
  capabilities: JSON.stringify(server.capabilities),
  include: server.include ? JSON.stringify(server.include) : null,
  trust: server.trust,
  session: server.session,
  skipped: JSON.stringify(server.skipped),
  list_ttl_ms: BigInt(Math.round(server.listTtlMs)),
  probed_at: server.probedAt,
  listed_at: server.listedAt,
});

const fromRow = (row: Selectable<McpServersTable>): McpServer => ({
  agentId: row.agent_id,
  url: row.url,
  speech: { era: row.era, version: row.version },
  capabilities: JSON.parse(row.capabilities),
  include: row.include === null ? undefined : JSON.parse(row.include),
  trust: row.trust,
  session: row.session,
  skipped: JSON.parse(row.skipped),
  listTtlMs: Number(row.list_ttl_ms),
  probedAt: row.probed_at,
  listedAt: row.listed_at,
});
