import { CardError } from "@agentgate/protocol/a2a";
import { Problem } from "../http/index.ts";
import { OutboundError } from "../outbound/index.ts";
import { type Log, Shares } from "../runtime/index.ts";
import type { Agent, ProtocolSetting } from "./agent.ts";
import type { CardText } from "./approval/change.ts";
import { type CardFinder, type FoundCard, leadsTo, readCard } from "./card-finder.ts";
import type { StoredCard } from "./cards.ts";
import { type CheckUrl, demandSafeUrls } from "./check-urls.ts";

/** How long a registration that depends on the card may look for it, and one that does not, beside its own answer. */
const SEARCH_MS = 10_000;
const LOOK_MS = 3_000;

/** What a request says of an agent's card. */
export interface GivenCard {
  card?: Record<string, unknown> | null | undefined;
  card_url?: string | null | undefined;
  /** What is said of the agent's protocol. */
  protocol?: ProtocolSetting | null | undefined;
  /** Where tasks go whatever the card says, if that is said. */
  address?: string | undefined;
}

/** How many agents' cards are looked for at once beside their registrations; for any more, none is. */
const LOOKING = { total: 256, perOwner: 32 };

/**
 * Takes in cards: where a caller names one, where it is the only source of a name, and where an agent may happen to have one. None
 * leaves it before each of its addresses was judged, unless tasks go to none of them.
 */
export class CardIntake {
  readonly #finder: CardFinder;
  readonly #checkUrl: CheckUrl;
  readonly #log: Log;
  readonly #looking = new Map<string, Promise<void>>();
  readonly #places = new Shares(LOOKING);

  constructor(finder: CardFinder, checkUrl: CheckUrl, log: Log) {
    this.#finder = finder;
    this.#checkUrl = checkUrl;
    this.#log = log;
  }

  /** The card that a registration asks for. Undefined for one that needs none. @throws Problem 400 */
  async cardOf(
    given: GivenCard & { name?: string | null | undefined; url?: string | null | undefined },
  ): Promise<FoundCard | undefined> {
    const { name, url, protocol } = given;
    const stated = await this.stated(given);
    if (stated || !url || protocol === "plain") return stated;
    if (protocol === "a2a") return this.demanded(url);
    return name ? undefined : this.#find(url, SEARCH_MS);
  }

  /** The card of an agent that is said to speak A2A: only its card tells how. @throws Problem 400 when there is none */
  async demanded(agentUrl: string): Promise<FoundCard> {
    const found = await this.#find(agentUrl, SEARCH_MS);
    if (found) return found;
    throw new Problem(
      400,
      `No agent card found at or above ${agentUrl}, which tells how an agent of A2A is called. Is it running? A card can be handed over as \`card\`, or its address as \`card_url\``,
      { code: "card_not_found" },
    );
  }

  /** The card that a request holds, or names. @throws Problem 400 */
  async stated({ card, card_url, protocol, address }: GivenCard): Promise<FoundCard | undefined> {
    if (protocol === "plain" && (card || card_url)) {
      const detail = "An agent of the plain contract has no card: leave the card out, or say `protocol` a2a or auto";
      throw new Problem(400, detail, { code: "card_unusable" });
    }
    if (!card) return card_url ? this.#fetch(card_url, address) : undefined;
    const url = card_url || undefined;
    try {
      return await this.#judged(readCard(JSON.stringify(card), url), address);
    } catch (error) {
      if (!(error instanceof CardError)) throw error;
      throw new Problem(400, `Cannot use the agent card: ${error.message}`, { code: "card_unusable" });
    }
  }

  /** Before an agent's tasks go where its card leads, for they did not before. @throws Problem 400 for an unsafe URL in the card */
  async judgeMove({ card, address }: StoredCard, to: string): Promise<void> {
    if (address === undefined || !leadsTo(card, to)) return;
    await demandSafeUrls(
      this.#checkUrl,
      card.interfaces.map(({ url }) => url),
    );
  }

  /** The card as it is now. @throws Problem 404 when there is none, 400 when it cannot be used */
  async refetch(agent: Agent, stored: StoredCard | undefined): Promise<FoundCard> {
    if (agent.protocolSetting === "plain") {
      const detail =
        "This agent is registered as one of the plain contract, which has no card; say `protocol` a2a or auto first";
      throw new Problem(400, detail, { code: "card_unusable" });
    }
    try {
      const found = await this.#refound(agent, stored);
      if (found) return found;
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 400) throw error;
      throw new Problem(400, `${error.message}. The agent's card stays as it was`, { code: error.code });
    }
    throw new Problem(404, `No agent card found at or above ${agent.url}`, { code: "card_not_found" });
  }

  /**
   * The card of an agent that the gateway runs itself, and calls where it runs, whatever address its card names. Undefined when it has none.
   * @throws Problem 400 for one that names an address that is refused
   */
  async ofHosted({ id, url }: Agent): Promise<FoundCard | undefined> {
    const found = await this.#finder.find(url, LOOK_MS, id);
    // Addresses of the machine it runs on are where nobody is sent.
    if (found && leadsTo(found.card, url)) await demandSafeUrls(this.#checkUrl, elsewhere(found.addresses, url));
    return found;
  }

  /** What was safe to call when it was said may lead elsewhere by now. @throws Problem 400 */
  async judgeAgain({ deployed, url }: Pick<Agent, "deployed" | "url">, card: CardText | undefined): Promise<void> {
    const said = deployed ? [] : [url, card?.url, card?.address];
    if (!card) return demandSafeUrls(this.#checkUrl, said);
    try {
      const found = readCard(card.original, card.url);
      const address = deployed ? url : card.address;
      const isLedTo = address === undefined || leadsTo(found.card, address);
      const named = deployed ? elsewhere(found.addresses, url) : found.addresses;
      await demandSafeUrls(this.#checkUrl, [...new Set([...said, ...(isLedTo ? named : [])])]);
    } catch (error) {
      if (!(error instanceof CardError)) throw error;
      throw new Problem(400, `Cannot use the agent card: ${error.message}`, { code: "card_unusable" });
    }
  }

  #refound(agent: Agent, stored: StoredCard | undefined): Promise<FoundCard | undefined> {
    if (agent.deployed) return this.ofHosted(agent);
    return stored?.url ? this.#fetch(stored.url, stored.address) : this.#find(agent.url, SEARCH_MS);
  }

  /**
   * Looks for the card of an agent in the background and hands it over.
   * @param isAwaited whether its tasks wait for that
   */
  look(agent: Agent, take: (found: FoundCard) => Promise<unknown>, { isAwaited }: { isAwaited: boolean }): void {
    const key = isAwaited ? agent.id : `proposed ${agent.id}`;
    const owner = agent.orgId ?? agent.id;
    if (!this.#places.take(owner)) return;
    const looking = this.#find(agent.url, LOOK_MS)
      .then((found) => found && take(found))
      .catch((error) => this.#log.debug({ err: error, agentId: agent.id }, "looking for an agent card failed"))
      .then(() => {
        this.#places.give(owner);
        if (this.#looking.get(key) === looking) this.#looking.delete(key);
      });
    this.#looking.set(key, looking);
  }

  /** Settles when it is known whether this agent has a card; undefined when it is known already. */
  lookingFor(agentId: string): Promise<void> | undefined {
    return this.#looking.size === 0 ? undefined : this.#looking.get(agentId);
  }

  /** Waits for whatever is being looked for. */
  async settled(): Promise<void> {
    await Promise.all(this.#looking.values());
  }

  async #fetch(url: string, address: string | undefined): Promise<FoundCard> {
    try {
      return await this.#judged(await this.#finder.fetch(url), address);
    } catch (error) {
      if (!(error instanceof CardError) && !OutboundError.isInstance(error)) throw error;
      throw new Problem(400, `Cannot use the agent card at ${url}: ${error.message}`, { code: "card_unusable" });
    }
  }

  async #find(agentUrl: string, totalMs: number): Promise<FoundCard | undefined> {
    const found = await this.#finder.find(agentUrl, totalMs);
    return found && this.#judged(found);
  }

  async #judged(found: FoundCard, address?: string): Promise<FoundCard> {
    if (address === undefined || leadsTo(found.card, address)) await demandSafeUrls(this.#checkUrl, found.addresses);
    return found;
  }
}

/** Those that are on another host. */
const elsewhere = (addresses: readonly string[], url: string) =>
  addresses.filter((address) => new URL(address).host !== new URL(url).host);

/** Where a request that names a card says that tasks go, wherever the card's interfaces are. */
export const saidAddress = ({
  url,
  card,
  card_url,
}: Omit<GivenCard, "address"> & { url?: string | null | undefined }) =>
  card || card_url ? (url ?? undefined) : undefined;
