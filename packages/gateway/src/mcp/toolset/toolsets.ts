import type { Kysely } from "kysely";
import { orgPrincipal } from "../../access/index.ts";
import type { AgentRegistry } from "../../agents/index.ts";
import {
  type AuditedChange,
  type AuditLog,
  asIs,
  type By,
  type CompleteTelling,
  changesBetween,
} from "../../audit/index.ts";
import { Problem } from "../../http/index.ts";
import { CachedLookup, type Timestamps } from "../../runtime/index.ts";
import type { Database, Storage } from "../../storage/index.ts";

/** Some of an agent's tools, by what they are called at its own address; all of them where none are named. */
export interface ToolsetEntry {
  readonly agentId: string;
  readonly names: readonly string[] | undefined;
}

/** What an organization's callers are listed at `/mcp`. */
export interface Toolset {
  readonly orgId: string;
  readonly entries: readonly ToolsetEntry[];
}

/** Which organizations' toolsets changed, on the change feed. */
export const TOOLSETS_TOPIC = "mcp-toolsets";

/** Agents in a toolset, and tools that are named of one. */
export const AGENTS_MAX = 200;
export const NAMES_MAX = 512;
/** Tools that are named of all of them together: each is a parameter of a statement. */
export const ALL_NAMES_MAX = 2_000;

const MIB = 2 ** 20;
const CACHED = {
  bytesMax: 16 * MIB,
  perOwner: MIB,
  bytesOf: ({ entries }: Toolset) => 200 + 2 * JSON.stringify(entries).length,
  ownerOf: ({ orgId }: Toolset) => orgId,
};

const telling: CompleteTelling<Toolset, "orgId"> = {
  entries: [
    "toolset",
    (entries: Toolset["entries"]) =>
      asIs(entries.map(({ agentId, names }) => ({ agent: agentId, tools: names ?? null }))),
  ],
};

export interface ToolsetsOptions {
  storage: Storage;
  agents: Pick<AgentRegistry, "see">;
  auditLog: AuditLog;
  timestamps: Timestamps;
}

/** Which tools organizations list: kept for each that has said so, and known to every node. */
export class Toolsets {
  readonly #options: ToolsetsOptions;
  readonly #cached: CachedLookup<Toolset>;

  constructor(options: ToolsetsOptions) {
    this.#options = options;
    this.#cached = new CachedLookup((orgId) => this.#load(orgId), { shares: CACHED });
    options.storage.changes.subscribe(TOOLSETS_TOPIC, (changed) => this.#cached.forget(changed));
  }

  /** Undefined for an organization that has said nothing: it lists its own agents. */
  of(orgId: string): Toolset | undefined | Promise<Toolset | undefined> {
    return this.#cached.get(orgId);
  }

  /** @throws Problem 404 for an agent that the organization does not see */
  async put(orgId: string, entries: readonly ToolsetEntry[], by: By): Promise<Toolset> {
    const { storage, agents, auditLog, timestamps } = this.#options;
    const principal = orgPrincipal(orgId);
    for (const { agentId } of entries) {
      if (await agents.see(agentId, principal)) continue;
      throw new Problem(404, `There is no agent ${agentId} that the organization sees`);
    }
    const toolset: Toolset = { orgId, entries };
    const text = JSON.stringify(entries);
    await storage.changes.change(
      TOOLSETS_TOPIC,
      async (trx) => {
        const before = await read(trx, orgId);
        const values = { org_id: orgId, entries: text, updated_at: timestamps() };
        await trx
          .insertInto("mcp_toolsets")
          .values(values)
          .onConflict((conflict) =>
            conflict.column("org_id").doUpdateSet({ entries: text, updated_at: values.updated_at }),
          )
          .execute();
        await auditLog.rowIn(trx, by, toolsetChange(before, toolset));
      },
      [orgId],
    );
    return toolset;
  }

  /** Lists the organization's own agents again. */
  async reset(orgId: string, by: By): Promise<void> {
    const { storage, auditLog } = this.#options;
    await storage.changes.change(
      TOOLSETS_TOPIC,
      async (trx) => {
        const before = await read(trx, orgId);
        if (!before) return;
        await trx.deleteFrom("mcp_toolsets").where("org_id", "=", orgId).execute();
        await auditLog.rowIn(trx, by, toolsetChange(before, undefined));
      },
      [orgId],
    );
  }

  /** Of an organization that is gone. */
  async forget(orgId: string): Promise<void> {
    await this.#options.storage.changes.change(
      TOOLSETS_TOPIC,
      (trx) => trx.deleteFrom("mcp_toolsets").where("org_id", "=", orgId).execute(),
      [orgId],
    );
  }

  #load(orgId: string): Promise<Toolset | undefined> {
    return read(this.#options.storage.db, orgId);
  }
}

async function read(db: Kysely<Database>, orgId: string): Promise<Toolset | undefined> {
  const row = await db.selectFrom("mcp_toolsets").select("entries").where("org_id", "=", orgId).executeTakeFirst();
  return row && { orgId, entries: JSON.parse(row.entries) as ToolsetEntry[] };
}

const toolsetChange = (before: Toolset | undefined, after: Toolset | undefined): AuditedChange => {
  const { orgId } = (after ?? before)!;
  const changes = changesBetween(telling, before, after);
  return { action: "toolset.changed", orgId, target: { kind: "toolset", id: orgId }, changes };
};
