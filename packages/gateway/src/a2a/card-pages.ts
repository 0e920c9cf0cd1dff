import { hash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { microDollarsToNumber } from "@agentgate/protocol";
import { type CardContent, type CardFace, type CardFormat, type JsonObject, renderCard } from "@agentgate/protocol/a2a";
import { type Agent, type AgentCards, toWirePrices } from "../agents/index.ts";
import { createLruCache, TurnQueue } from "../runtime/index.ts";
import { type CardSigner, signedTexts } from "./card-signer.ts";

/** A card as it is served. */
export interface CardPage {
  body: string;
  etag: string;
  lastModified: string;
}

/** Extensions of an agent's that the gateway answers for. */
export interface GatewaysOwn {
  readonly agentId: string;
  readonly extensions: readonly JsonObject[];
}

const UCP_VERSION = "2026-04-08";
/** Of pages, which agents may make as large as their cards. */
const PAGES_CHARACTERS = 16 * 1024 * 1024;

/** The gateway's card of each agent: rewritten, signed, kept until the agent changes. */
export class CardPages {
  readonly #cards: AgentCards;
  readonly #signer: CardSigner;
  readonly #publicUrl: () => string;
  readonly #own: GatewaysOwn | undefined;
  readonly #pages = createLruCache<string, CardPage>(PAGES_CHARACTERS, ({ body }) => body.length + 500);
  readonly #underWay = new Map<string, Promise<CardPage>>();
  /** A large card takes a tenth of a second: everybody else waits for a piece of that at most. */
  readonly #turns = new TurnQueue();

  /** @param options.own of the agent at the root of the host */
  constructor(options: { cards: AgentCards; signer: CardSigner; publicUrl(): string; own?: GatewaysOwn | undefined }) {
    this.#own = options.own;
    this.#cards = options.cards;
    this.#signer = options.signer;
    this.#publicUrl = options.publicUrl;
  }

  async page(agent: Agent, format: CardFormat): Promise<CardPage> {
    const stored = await this.#cards.find(agent.id);
    const { id, updatedAt, pricePerTask, prices } = agent;
    // Whom a price was granted sees it for every skill.
    const key = [id, updatedAt, pricePerTask, prices.size, stored?.fetchedAt, format, this.#publicUrl()].join(" ");
    const kept = this.#pages.get(key);
    if (kept) return kept;
    const underWay = this.#underWay.get(key);
    if (underWay) return underWay;
    const making = this.#make(agent, stored?.card ?? plainContent(agent), format);
    this.#underWay.set(key, making);
    try {
      const page = await making;
      this.#pages.set(key, page);
      return page;
    } finally {
      this.#underWay.delete(key);
    }
  }

  async #make(agent: Agent, content: CardContent, format: CardFormat): Promise<CardPage> {
    const body = JSON.stringify(await this.render(agent, content, format));
    await nextTurn();
    return {
      body,
      etag: `"${hash("sha256", body, "base64url").slice(0, 27)}"`,
      lastModified: new Date(Number(agent.updatedAt / 1000n)).toUTCString(),
    };
  }

  /** The record's own words win over the card's: its owner may have changed them. */
  async render(agent: Agent, content: CardContent, format: CardFormat): Promise<JsonObject> {
    const { card, texts } = await this.#turns.run(this.#draw(agent, content, format));
    return { ...card, signatures: await this.#signer.sign(texts, this.#publicUrl()) };
  }

  *#draw(
    agent: Agent,
    content: CardContent,
    format: CardFormat,
  ): Generator<void, { card: JsonObject; texts: Set<string> }> {
    const { name, description, version } = agent;
    const skills =
      agent.skills.length > 0 ? agent.skills.map((skill) => completeSkill(skill, agent)) : [onlySkill(agent)];
    const capabilities = agent.id === this.#own?.agentId ? withExtensions(content, this.#own) : content.capabilities;
    const own = { ...content, name, description: description || name, version, skills, capabilities };
    const face = this.#faceOf(agent);
    const card = renderCard(own, face, format);
    yield;
    const strict = format === "hybrid" ? renderCard(own, face, "1.0") : card;
    yield;
    return { card, texts: yield* signedTexts(card, strict) };
  }

  #faceOf(agent: Agent): CardFace {
    return {
      url: `${this.#publicUrl()}/agents/${agent.id}`,
      streaming: true,
      pushNotifications: true,
      extendedAgentCard: true,
      authentication: agent.keyHash !== null || agent.pricePerTask > 0n ? "bearer" : "none",
      ...(agent.pricePerTask > 0n && { extra: { ucp: this.#ucp(agent) } }),
    };
  }

  /** What a paid agent's card adds (contract section 3): also what skills cost that have a price of their own, by their ids. */
  #ucp(agent: Agent): JsonObject {
    return {
      version: UCP_VERSION,
      capabilities: ["dev.ucp.shopping.checkout"],
      price_per_task: microDollarsToNumber(agent.pricePerTask),
      ...(agent.prices.size > 0 && { prices: toWirePrices(agent.prices) }),
      currency: "USD",
      checkout_url: `${this.#publicUrl()}/ucp/checkout`,
    };
  }
}

/** What the agent says of them itself is not what happens: the gateway answers. */
const withExtensions = ({ capabilities }: CardContent, { extensions }: GatewaysOwn): CardContent["capabilities"] => ({
  ...capabilities,
  extensions: [
    ...capabilities.extensions.filter(({ uri }) => !extensions.some((own) => own.uri === uri)),
    ...extensions,
  ],
});

/** An agent of the plain contract answers whole messages; its stream has one event. */
const plainContent = (agent: Agent): CardContent => ({
  name: agent.name,
  description: agent.description,
  version: agent.version,
  skills: [],
  capabilities: { streaming: true, pushNotifications: false, extendedAgentCard: false, extensions: [] },
  defaultInputModes: ["text/plain", "application/json"],
  defaultOutputModes: ["text/plain", "application/json"],
  rest: {},
});

/** A2A requires at least one of every card (1.0, section 4.4.1): of an agent that names none, what it is itself. */
const onlySkill = ({ name, description, tags }: Agent): JsonObject => ({
  id: "default",
  name,
  description: description || name,
  tags: someOf(tags),
});

const someOf = (tags: readonly unknown[]): readonly unknown[] => (tags.length > 0 ? tags : ["general"]);

/** A2A requires these of every skill, and more than nothing (1.0, section 5.7); records may hold less, or name security schemes that the gateway's card does not have. */
function completeSkill(skill: Readonly<JsonObject>, agent: Agent): JsonObject {
  const { security: _, securityRequirements: __, ...rest } = skill;
  const name = String(skill.name ?? skill.id ?? "");
  return {
    ...rest,
    id: String(skill.id ?? name),
    name,
    description: String(skill.description || name),
    tags: someOf(Array.isArray(skill.tags) && skill.tags.length > 0 ? skill.tags : agent.tags),
  };
}
