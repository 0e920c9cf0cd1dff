import type { SkillWords } from "@agentgate/protocol";
import type { Kysely, Transaction } from "kysely";
import { CachedLookup, type Clock } from "../../runtime/index.ts";
import { type Database, lockingRow, type Storage } from "../../storage/index.ts";
import { shareOwner } from "../agent.ts";
import { AGENTS_TOPIC } from "../store.ts";
import { approvedSkills, type FoundChanges, judgeFound, type Trust } from "./found-skills.ts";
import { OfferedSkills } from "./offered-skills.ts";
import { pricesFromJson } from "./prices.ts";
import type { AgentSkill } from "./skill.ts";
import { type KeptSkill, readSkills, replaceSkills, type SkillsOf } from "./skill-store.ts";

/** An agent's skills in memory. */
interface KeptList {
  skills: readonly AgentSkill[];
  owner: string;
  bytes: number;
}

const MIB = 2 ** 20;
const CACHED = {
  bytesMax: 64 * MIB,
  perOwner: 8 * MIB,
  bytesOf: ({ bytes }: KeptList) => bytes,
  ownerOf: ({ owner }: KeptList) => owner,
};

/** What agents can do, as rows: read, and written by whoever reads it elsewhere. Answers from memory where it can. */
export class SkillRegistry {
  readonly offered: OfferedSkills;
  readonly #storage: Storage;
  readonly #cached: CachedLookup<KeptList>;

  constructor(storage: Storage, clock: Clock) {
    this.offered = new OfferedSkills(storage, clock);
    this.#storage = storage;
    this.#cached = new CachedLookup((agentId) => this.#load(agentId), { shares: CACHED });
    storage.changes.subscribe(AGENTS_TOPIC, (changed) => this.#cached.forget(changed));
  }

  /** All that are kept, in the agent's own order: those that are not offered say so by their `state`. */
  of(agentId: string): readonly AgentSkill[] | Promise<readonly AgentSkill[]> {
    const found = this.#cached.get(agentId);
    return found instanceof Promise ? found.then((list) => list?.skills ?? []) : (found?.skills ?? []);
  }

  /** As they are kept now, within the transaction that has locked the agent. */
  read(trx: Kysely<Database>, agentId: string): Promise<AgentSkill[]> {
    return readSkills(trx, agentId);
  }

  /** Writes all of them anew, within the transaction that has locked the agent and notes it as changed. */
  replaceIn(trx: Transaction<Database>, agent: SkillsOf, skills: readonly KeptSkill[]): Promise<void> {
    return replaceSkills(trx, agent, skills);
  }

  /** Writes what a look upstream has found, by the rules of quarantine; likewise. */
  async applyFound(
    trx: Transaction<Database>,
    agent: SkillsOf,
    found: readonly SkillWords[],
    { trust }: { trust: Trust },
  ): Promise<FoundChanges> {
    const { skills, changes } = judgeFound(await readSkills(trx, agent.id), found, trust);
    await replaceSkills(trx, agent, skills);
    return changes;
  }

  /** Lets what was found upstream count from now on; likewise. */
  async approveFound(trx: Transaction<Database>, agent: SkillsOf): Promise<void> {
    await replaceSkills(trx, agent, approvedSkills(await readSkills(trx, agent.id)));
  }

  /**
   * Runs `work` in a transaction that has locked the agent, handed over as it is now, and tells every node. Undefined where the agent is
   * gone.
   */
  change<T>(
    agentId: string,
    work: (trx: Transaction<Database>, agent: SkillsOf) => Promise<T>,
  ): Promise<T | undefined> {
    const lockThenWork = async (trx: Transaction<Database>) => {
      const query = trx.selectFrom("agents").select(["id", "slug", "prices"]).where("id", "=", agentId);
      const row = await lockingRow(this.#storage, query).executeTakeFirst();
      return row && work(trx, { ...row, prices: pricesFromJson(row.prices) });
    };
    return this.#storage.changes.change(AGENTS_TOPIC, lockThenWork, [agentId]);
  }

  async #load(agentId: string): Promise<KeptList | undefined> {
    const { db } = this.#storage;
    const agent = await db.selectFrom("agents").select(["id", "org_id"]).where("id", "=", agentId).executeTakeFirst();
    if (!agent) return undefined;
    const skills = await readSkills(db, agentId);
    const owner = shareOwner({ id: agentId, orgId: agent.org_id });
    return { skills, owner, bytes: 500 + 2 * JSON.stringify(skills, asText).length };
  }
}

const asText = (_: string, value: unknown) => (typeof value === "bigint" ? `${value}` : value);
