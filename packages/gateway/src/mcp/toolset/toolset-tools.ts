import { orgOf } from "../../access/index.ts";
import type { AgentRegistry, OfferedSkill, OfferedSkills, SkillFilter, SkillsAsked } from "../../agents/index.ts";
import type { Guest } from "../door.ts";
import { toolOfSkill } from "../tools/agent-tools.ts";
import type { AgentTool } from "../tools/tool.ts";
import type { Narrowing } from "./narrowing.ts";
import type { Toolset, Toolsets } from "./toolsets.ts";

export interface ToolsetToolsOptions {
  offered: OfferedSkills;
  agents: Pick<AgentRegistry, "find" | "seen">;
  toolsets: Toolsets;
  idOfSlug(slug: string): Promise<string | undefined>;
}

/** Which tools a guest of the gateway's own address is listed, and may call there. */
export interface Reached {
  guest: Guest;
  narrowing: Narrowing;
  filter: SkillFilter;
  /** What the organization has said; undefined where it has said nothing. */
  toolset: Toolset | undefined;
}

export interface FoundTools {
  tools: AgentTool[];
  next: string | undefined;
}

/** Pages that are looked through for one of tools that only read. */
const LOOKS_MAX = 10;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const FREE = 0n;

/** The tools behind the gateway's own address: a caller's toolset, or its organization's own agents. */
export class ToolsetTools {
  readonly #options: ToolsetToolsOptions;

  constructor(options: ToolsetToolsOptions) {
    this.#options = options;
  }

  async reach(guest: Guest, narrowing: Narrowing): Promise<Reached> {
    const { caller } = guest;
    const orgId = orgOf(caller);
    const toolset = orgId === undefined ? undefined : await this.#options.toolsets.of(orgId);
    const base = this.#base(guest, toolset, orgId);
    const ids = narrowing.agents && (await this.#idsOf(narrowing.agents));
    const filter = ids === undefined ? base : { ...base, agents: among(base.agents, ids) };
    return { guest, narrowing, filter, toolset };
  }

  #base({ caller }: Guest, toolset: Toolset | undefined, orgId: string | undefined): SkillFilter {
    if (caller === undefined) return { priceMax: FREE, isKeyless: true };
    if (toolset) return { agents: toolset.entries };
    return orgId === undefined ? {} : { ownerId: orgId };
  }

  /** A page, in the order of their names. */
  async page(reached: Reached, limit: number, after: string | undefined): Promise<FoundTools> {
    const { narrowing } = reached;
    if (narrowing.tools) return this.#named(reached, [...narrowing.tools].sort(), limit, after);
    const tools: AgentTool[] = [];
    let next = after;
    for (let looks = 0; looks < LOOKS_MAX; looks++) {
      const page = await this.#options.offered.page(reached.filter, { limit, after: next }, reached.guest.caller);
      next = page.next;
      for (const skill of page.skills) {
        const tool = await this.#toolOf(skill, reached);
        if (!tool) continue;
        if (tools.length === limit) return { tools, next: tools.at(-1)!.fullName };
        tools.push(tool);
      }
      if (next === undefined || tools.length > 0) break;
    }
    return { tools, next };
  }

  /** What a search finds, without what stands behind the page. */
  async search(
    reached: Reached,
    words: readonly string[],
    limit: number,
    priceMax: bigint | undefined,
  ): Promise<AgentTool[]> {
    const least = priceMax === undefined ? reached.filter.priceMax : minOf(priceMax, reached.filter.priceMax);
    const filter = { ...reached.filter, words, priceMax: least };
    const found = await this.page({ ...reached, filter }, limit, undefined);
    return found.tools;
  }

  /** The tool of this name, as far as the guest reaches. */
  async find(reached: Reached, name: string): Promise<AgentTool | undefined> {
    const { narrowing, guest, filter } = reached;
    if (narrowing.tools && !narrowing.tools.has(name)) return undefined;
    const skill = await this.#options.offered.find(name, guest.caller);
    if (!skill || !(await this.#isAmong(skill, filter))) return undefined;
    return this.#toolOf(skill, reached);
  }

  /** The tool of a name, whether it is in the guest's toolset or not: for what was begun with it. */
  async known(name: string, { caller }: Guest): Promise<AgentTool | undefined> {
    const skill = await this.#options.offered.find(name, caller);
    if (!skill) return undefined;
    const agent = await this.#seen(skill.agentId, caller);
    return agent && toolOfSkill(agent, skill);
  }

  async #named(reached: Reached, names: readonly string[], limit: number, after = ""): Promise<FoundTools> {
    const tools: AgentTool[] = [];
    for (const name of names) {
      if (name <= after) continue;
      const tool = await this.find(reached, name);
      if (!tool || !matches(reached.filter, tool)) continue;
      if (tools.length === limit) return { tools, next: tools.at(-1)!.fullName };
      tools.push(tool);
    }
    return { tools, next: undefined };
  }

  async #isAmong(skill: OfferedSkill, { agents, ownerId, priceMax, isKeyless }: SkillFilter): Promise<boolean> {
    if (priceMax !== undefined && skill.costs > priceMax) return false;
    if (
      agents &&
      !agents.some((asked) => asked.agentId === skill.agentId && (asked.names?.includes(skill.name) ?? true))
    ) {
      return false;
    }
    if (ownerId === undefined && !isKeyless) return true;
    const agent = await this.#options.agents.find(skill.agentId);
    return (ownerId === undefined || agent?.orgId === ownerId) && (!isKeyless || agent?.keyHash === null);
  }

  async #toolOf(skill: OfferedSkill, { guest, narrowing }: Reached): Promise<AgentTool | undefined> {
    if (narrowing.isReadOnly && skill.annotations?.readOnlyHint !== true) return undefined;
    const agent = await this.#seen(skill.agentId, guest.caller);
    return agent && toolOfSkill(agent, skill);
  }

  async #seen(agentId: string, caller: Guest["caller"]) {
    const { agents } = this.#options;
    const looked = agents.seen(agentId, agents.find(agentId), caller);
    const seen = looked instanceof Promise ? await looked : looked;
    return seen?.mayCall ? seen.agent : undefined;
  }

  async #idsOf(named: readonly string[]): Promise<string[]> {
    const ids = await Promise.all(named.map((name) => (UUID.test(name) ? name : this.#options.idOfSlug(name))));
    return ids.filter((id) => id !== undefined);
  }
}

/** Those of a toolset's agents that an address names; of all, the named ones. */
const among = (asked: readonly SkillsAsked[] | undefined, ids: readonly string[]): SkillsAsked[] =>
  asked ? asked.filter(({ agentId }) => ids.includes(agentId)) : ids.map((agentId) => ({ agentId }));

const minOf = (a: bigint, b: bigint | undefined): bigint => (b !== undefined && b < a ? b : a);

/** Of a search among named tools. */
function matches({ words = [], priceMax }: SkillFilter, tool: AgentTool): boolean {
  if (priceMax !== undefined && tool.price > priceMax) return false;
  const text = `${tool.skillId ?? ""} ${tool.title ?? ""} ${tool.description}`.toLowerCase();
  return words.every((word) => text.includes(word.toLowerCase()));
}
