import type { MicroDollars } from "@agentgate/protocol";
import type { Transaction } from "kysely";
import { Problem } from "../../http/index.ts";
import type { Timestamps } from "../../runtime/index.ts";
import type { Database } from "../../storage/index.ts";
import { type Agent, type ProtocolSetting, shareOwner } from "../agent.ts";
import { knownOnes } from "../skills/prices.ts";
import type { SkillRegistry } from "../skills/skill-registry.ts";
import type { FoundManifest } from "./found-manifest.ts";
import { differencesOf, type ManifestDifference } from "./look.ts";
import { type AgentManifests, firstLook } from "./manifest-store.ts";
import { demandChargeable, firstPrices, pricesAfter, siteFields } from "./site-fields.ts";
import { refusal, type SiteIntake } from "./site-intake.ts";
import { standingOf, toSkills } from "./standing.ts";

export interface RegisteredSitesOptions {
  sites: SiteIntake;
  manifests: AgentManifests;
  skills: SkillRegistry;
  /** What the gateway shows the site. */
  credentialsOf(agent: Agent): Record<string, string> | Promise<Record<string, string>>;
  timestamps: Timestamps;
}

/** What a request says of a site. */
export interface GivenSite {
  protocol?: ProtocolSetting | null | undefined;
  name?: string | null | undefined;
  url?: string | null | undefined;
  card?: Record<string, unknown> | null | undefined;
  card_url?: string | null | undefined;
  skills?: readonly unknown[] | null | undefined;
}

/** For a manifest at an address of which nothing is said. */
const GUESS_MS = 5_000;

/** Sites as agents: what a registration reads, what a refresh changes, and what may not be said of one. */
export class RegisteredSites {
  readonly #options: RegisteredSitesOptions;

  constructor(options: RegisteredSitesOptions) {
    this.#options = options;
  }

  /** The manifest of a site that is registered as one. @throws Problem 400, 422, 424 */
  async demanded(given: GivenSite): Promise<FoundManifest | undefined> {
    if (given.protocol !== "site") return undefined;
    if (given.card || given.card_url)
      throw new Problem(400, "A site has no agent card: it is read by its manifest. Leave the card out", {
        code: "card_unusable",
      });
    if (!given.url)
      throw new Problem(422, [{ type: "missing", loc: ["body", "url"], msg: "Field required: where the site is" }], {
        code: "validation_failed",
      });
    return this.#options.sites.demanded(given.url);
  }

  /** What lives at an address of which neither a name nor a protocol is said, and no card was found. */
  async guessed({ protocol, name, url }: GivenSite): Promise<FoundManifest | undefined> {
    if (name || !url || (protocol ?? "auto") !== "auto") return undefined;
    return this.#options.sites.find(url, GUESS_MS);
  }

  /** A new agent's prices. @throws Problem 422 for a price of a call that the site does not offer, and for one that cannot be charged */
  pricesOf(
    { tools }: FoundManifest,
    said: Pick<Agent, "prices" | "pricePerTask">,
  ): Pick<Agent, "prices" | "pricePerTask"> {
    demandTools(said.prices, new Set(tools.map(({ name }) => name)));
    demandChargeable(tools, said.prices);
    return firstPrices(tools, said);
  }

  /** Writes the manifest of a new agent with what it offers, within the transaction that registers it. */
  async keepIn(trx: Transaction<Database>, agent: Agent, found: FoundManifest): Promise<void> {
    const { manifests, skills, timestamps } = this.#options;
    await manifests.put(trx, agent.id, firstLook(found, timestamps()));
    await skills.replaceIn(trx, agent, toSkills(standingOf(found.tools, undefined)));
  }

  /** @throws Problem 409 for a change that would make something else of a site, 422 for prices of calls that it does not offer */
  async demandSame(
    agent: Agent,
    given: GivenSite,
    prices: ReadonlyMap<string, MicroDollars> | undefined,
  ): Promise<void> {
    const isElsewhere = given.url != null && given.url.replace(/\/+$/, "") !== agent.url;
    const isOther = given.protocol != null && given.protocol !== "site" && given.protocol !== "auto";
    if (isElsewhere || isOther || given.card || given.card_url || given.skills != null) {
      throw new Problem(
        409,
        "This agent is a website: its address and language are fixed, and what it can do is read from its manifest (POST /agents/{id}/refresh). Register it anew at another address",
        { code: "agent_is_site" },
      );
    }
    const stored = await this.#options.manifests.find(agent.id);
    if (prices && stored) demandTools(prices, new Set(stored.tools.keys()));
  }

  /**
   * What a site tells now beside what was approved of it.
   * @throws Problem 400, 422, 424 when it cannot be had
   */
  async compare(agent: Agent): Promise<{ found: FoundManifest; differences: ManifestDifference[] }> {
    const { sites, manifests, credentialsOf } = this.#options;
    const stored = await manifests.find(agent.id);
    try {
      const credentials = await credentialsOf(agent);
      const found = (await sites.again(agent.url, { credentials, agentId: agent.id, owner: shareOwner(agent) }))!;
      return { found, differences: stored ? differencesOf(stored.approved, found.manifest) : [] };
    } catch (error) {
      throw refusal(agent.url, error);
    }
  }

  /**
   * The agent as its owner approves it by a refresh: what still says or costs what the manifest did follows the new one.
   * @throws Problem 422 for a new call whose price cannot be charged
   */
  async refreshed(agentId: string, found: FoundManifest): Promise<(agent: Agent) => Agent> {
    const stored = await this.#options.manifests.find(agentId);
    const before = stored ? [...stored.tools.values()].map(({ tool }) => tool) : [];
    demandChargeable(found.tools, new Map(before.map(({ name }) => [name, true])));
    const said = stored && siteFields({ ...found, manifest: stored.approved, tools: before });
    const told = siteFields(found);
    return (agent) => {
      const follows = (field: "name" | "description" | "version") =>
        said === undefined || agent[field] === said[field] ? told[field] : agent[field];
      return {
        ...agent,
        name: follows("name"),
        description: follows("description"),
        version: follows("version"),
        skills: told.skills,
        ...pricesAfter(agent, before, found.tools),
      };
    };
  }
}

function demandTools(prices: ReadonlyMap<string, unknown>, names: ReadonlySet<string>): void {
  for (const id of prices.keys()) {
    if (names.has(id)) continue;
    const msg = `The site offers no call ${id.slice(0, 64)}; ${knownOnes(names)}`;
    throw new Problem(422, [{ type: "value_error", loc: ["body", "prices", id.slice(0, 64)], msg }], {
      code: "validation_failed",
    });
  }
}
