import { CardError, type NormalizedCard, normalizeCard, statedAddresses } from "@agentgate/protocol/a2a";
import { parseExact } from "../http/index.ts";
import type { Dialer } from "../outbound/index.ts";
import { OutboundError } from "../outbound/index.ts";
import { type Clock, exceededBound } from "../runtime/index.ts";

/** A card as it was found. */
export interface FoundCard {
  /** None of a card that was handed over without an address. */
  url: string | undefined;
  /** The text as served. */
  original: string;
  card: NormalizedCard;
  /** Of all its interfaces, as stated. */
  addresses: readonly string[];
}

const CARD_BYTES_MAX = 1_048_576;
/** A card is built whole, and many small parts take a hundred times their text. */
const CARD_BOUNDS = { depth: 64, elements: 50_000 };
/** Each of them is looked up before the card is taken. */
const ADDRESSES_MAX = 16;
const FETCH_MS = 5_000;
const CLIMB_MAX = 8;
const PATHS = ["/.well-known/agent-card.json", "/.well-known/agent.json"];

/**
 * Looks for an agent's card: agents publish it under their own path or at their origin, so all places are tried, the nearest
 * first, and the older name last (a2a.md, section 2.2). Above the agent's own path a card may be another agent's: there it counts
 * only if it leads to the agent.
 */
export class CardFinder {
  readonly #dialer: Dialer;
  readonly #clock: Clock;

  constructor(dialer: Dialer, clock: Clock) {
    this.#dialer = dialer;
    this.#clock = clock;
  }

  /** The card at exactly this address. @throws CardError, OutboundError */
  async fetch(url: string, timeoutMs = FETCH_MS, agentId?: string): Promise<FoundCard> {
    const { status, body } = await this.#dialer.send({
      url,
      agentId,
      method: "GET",
      headers: { accept: "application/json", "a2a-version": "1.0" },
      timeoutMs,
      maxResponseBytes: CARD_BYTES_MAX,
    }).response;
    if (status !== 200) throw new CardError(`The card's address answered ${status}`);
    return readCard(body.toString("utf8"), url);
  }

  /** The agent's card, looked for near its URL; undefined when there is none within the time. */
  async find(agentUrl: string, totalMs: number, agentId?: string): Promise<FoundCard | undefined> {
    const endsAt = this.#clock.monotonic() + totalMs;
    for (const { url, isOwn } of placesNear(agentUrl)) {
      const remainingMs = Math.floor(endsAt - this.#clock.monotonic());
      if (remainingMs <= 0) return undefined;
      try {
        const found = await this.fetch(url, Math.min(remainingMs, FETCH_MS), agentId);
        if (isOwn || leadsTo(found.card, agentUrl)) return found;
      } catch (error) {
        if (error instanceof CardError) continue;
        if (!OutboundError.isInstance(error)) throw error;
        // Where nobody answers, no other path will.
        if (["connect", "timeout", "refused_address", "not_running", "invalid_request"].includes(error.kind))
          return undefined;
      }
    }
    return undefined;
  }
}

/** The well-known addresses below the agent's path, each parent of it, and the origin. */
function placesNear(agentUrl: string): { url: string; isOwn: boolean }[] {
  const { origin, pathname } = new URL(agentUrl);
  const segments = segmentsOf(pathname);
  const near = segments.slice(0, CLIMB_MAX);
  const bases = Array.from({ length: near.length + 1 }, (_, count) => near.slice(0, near.length - count));
  return PATHS.flatMap((path) =>
    bases.map((base) => ({
      url: [origin, ...base].join("/") + path,
      isOwn: base.length === segments.length,
    })),
  );
}

/** Whether one of the card's interfaces is at the agent's URL or below it. */
export function leadsTo({ interfaces }: NormalizedCard, agentUrl: string): boolean {
  const agent = new URL(agentUrl);
  const path = segmentsOf(agent.pathname);
  return interfaces.some(({ url }) => {
    const { origin, pathname } = new URL(url);
    const segments = segmentsOf(pathname);
    return origin === agent.origin && path.every((segment, index) => segment === segments[index]);
  });
}

const segmentsOf = (pathname: string): string[] => pathname.split("/").filter(Boolean);

/**
 * A card by its text, wherever that comes from.
 *
 * @param url where it was found, if it was
 * @throws CardError when it is none, or too large
 */
export function readCard(served: string, url: string | undefined): FoundCard {
  // Some servers write a byte order mark (RFC 8259, section 8.1).
  const text = served.replace(/^\uFEFF/, "");
  if (Buffer.byteLength(text) > CARD_BYTES_MAX) throw new CardError(`The card has more than ${CARD_BYTES_MAX} bytes`);
  const exceeded = exceededBound(text, CARD_BOUNDS);
  if (exceeded) throw new CardError(`The card has ${exceeded === "depth" ? "too many levels" : "too many parts"}`);
  const value = parse(text);
  const card = normalizeCard(value, url);
  const addresses = [...new Set([...statedAddresses(value, url), ...card.interfaces.map((face) => face.url)])];
  if (addresses.length > ADDRESSES_MAX) throw new CardError(`The card names more than ${ADDRESSES_MAX} addresses`);
  return { url, original: text, card, addresses };
}

function parse(text: string): unknown {
  try {
    return parseExact(text);
  } catch {
    throw new CardError("The card is not JSON");
  }
}
