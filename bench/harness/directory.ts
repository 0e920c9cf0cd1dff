import type { Agent } from "../../packages/gateway/src/agents/agent.ts";
import { recordedSkills } from "../../packages/gateway/src/agents/skills/skill.ts";
import { replaceSkills } from "../../packages/gateway/src/agents/skills/skill-store.ts";
import { tagRows, toRow } from "../../packages/gateway/src/agents/store.ts";
import { SeededRandom } from "../../packages/gateway/src/runtime/index.ts";
import type { Storage } from "../../packages/gateway/src/storage/index.ts";

const SYLLABLES =
  "ba be bi co da de di fo ga ge gi ka ke la le li lo ma me mi mo na ne no pa pe ra re ri ro sa se si ta te ti to va vi za".split(
    " ",
  );
const BATCH = 500;
/** How an agent does; what it says does not matter here. */
const QUIET = {
  ...{ calls: 1_000n, errors: 3n, p50_us: 140_000n, p95_us: 310_000n },
  ...{ last_success_at: 1n, computed_at: 1n, due_at: null },
};
const START_MICROS = 1_790_000_000_000_000n;

/**
 * A directory that looks like a grown one: of its words, tags and skills, few are frequent and most are rare. The most frequent word is
 * in four fifths of the agents, the most frequent tag on a quarter.
 */
export class Directory {
  readonly words: readonly string[];
  readonly tags: readonly string[];
  readonly #random: SeededRandom;
  readonly #agentUrl: string;

  constructor(agentUrl: string, seed = 1) {
    this.#agentUrl = agentUrl;
    this.words = distinctWords(new SeededRandom(1), 3_000, 2, 4);
    this.tags = distinctWords(new SeededRandom(2), 400, 2, 3);
    this.#random = new SeededRandom(seed);
  }

  /** One of the list, the early ones far more often (Zipf). */
  pick(list: readonly string[]): string {
    return list[Math.floor(list.length ** this.#random.fraction()) - 1]!;
  }

  below(limit: number): number {
    return Math.floor(this.#random.fraction() * limit);
  }

  /** The name of the agent of this number, which a later one or two may have as well. */
  nameOf(n: number): string {
    return `${this.words[n % this.words.length]}-${n % 20_000}`;
  }

  agent(n: number): Agent {
    const words = (count: number) => Array.from({ length: count }, () => this.pick(this.words));
    const skills = Array.from({ length: 1 + this.below(3) }, () => {
      const [verb, noun] = words(2);
      return { id: `${verb}-${noun}`, name: `${verb} ${noun}`, description: words(8).join(" ") };
    });
    const createdAt = START_MICROS + BigInt(n) * 1_000_000n;
    return {
      id: this.#random.uuid(),
      name: this.nameOf(n),
      description: words(12 + this.below(12)).join(" "),
      url: this.#agentUrl,
      version: `${this.below(4)}.${this.below(20)}.${this.below(10)}`,
      skills,
      tags: [...new Set(Array.from({ length: this.below(6) }, () => this.pick(this.tags)))],
      webhookUrl: null,
      prices: new Map(),
      slug: "",
      pricePerTask: this.below(2) === 0 ? 0n : BigInt(100 * (1 + this.below(20_000))),
      orgId: null,
      keyHash: null,
      deployed: false,
      timeoutMs: null,
      protocol: this.below(3) === 0 ? "a2a" : "plain",
      protocolSetting: "auto",
      approval: { state: "approved", reason: null, since: null, change: null },
      visibility: "public",
      hasGrants: false,
      createdAt,
      updatedAt: createdAt,
    };
  }

  /**
   * Fills an empty database with agents, a fifth of them reviewed, half of them with a price, a third of them A2A's.
   *
   * @param hasTools whether their skills are listed as tools as well, which takes longer
   */
  async fill({ db }: Storage, agents: number, { hasTools = false } = {}): Promise<void> {
    for (let from = 0; from < agents; from += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, agents - from) }, (_, n) => {
        const agent = this.agent(from + n);
        return hasTools ? { ...agent, slug: `${agent.name.slice(0, 13)}-${from + n}`.slice(0, 20) } : agent;
      });
      const reviewed = new Map(batch.filter(() => this.below(5) === 0).map((agent) => [agent, this.#reviews(agent)]));
      await db.transaction().execute(async (trx) => {
        const rows = batch.map((agent) => ({
          ...toRow(agent),
          ...summaryOf(reviewed.get(agent) ?? []),
          recent_calls: BigInt(Math.floor(10 ** (this.below(600) / 100))),
        }));
        await trx.insertInto("agents").values(rows).execute();
        await trx
          .insertInto("agent_health")
          .values(batch.map((agent) => this.#look(agent)))
          .execute();
        await trx
          .insertInto("agent_call_stats")
          .values(batch.map(({ id }) => ({ ...QUIET, agent_id: id })))
          .execute();
        await trx.insertInto("agent_tags").values(batch.flatMap(tagRows)).execute();
        await trx
          .insertInto("reviews")
          .values([...reviewed.values()].flat())
          .execute();
        if (hasTools) for (const agent of batch) await replaceSkills(trx, agent, recordedSkills(agent));
      });
    }
  }

  /** One of fifty did not answer. */
  #look({ id }: Agent) {
    const status = this.below(50) === 0 ? ("unhealthy" as const) : ("healthy" as const);
    return { agent_id: id, status, checked_at: 1n, latency_us: 900n, error: null, hangs: 0n, rests_until: 0n };
  }

  #reviews(agent: Agent) {
    return Array.from({ length: 1 + this.below(4) }, (_, n) => ({
      id: this.#random.uuid(),
      agent_id: agent.id,
      author: `author-${n}`,
      rating: BigInt(1 + this.below(5)),
      comment: "as described",
      reviewer: "anonymous",
      created_at: agent.createdAt,
    }));
  }
}

function distinctWords(random: SeededRandom, count: number, syllablesMin: number, syllablesMax: number): string[] {
  const below = (limit: number) => Math.floor(random.fraction() * limit);
  const found = new Set<string>();
  while (found.size < count) {
    const length = syllablesMin + below(syllablesMax - syllablesMin + 1);
    found.add(Array.from({ length }, () => SYLLABLES[below(SYLLABLES.length)]).join(""));
  }
  return [...found];
}

function summaryOf(reviews: readonly { rating: bigint }[]) {
  const sum = reviews.reduce((total, { rating }) => total + Number(rating), 0);
  return { review_count: BigInt(reviews.length), rating: reviews.length && sum / reviews.length };
}
