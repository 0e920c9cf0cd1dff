import { isObject, type JsonObject } from "@agentgate/protocol/a2a";
import type { FastifyRequest } from "fastify";
import { Problem } from "../http/index.ts";
import type { Idempotency } from "../idempotency/index.ts";
import type { Random } from "../runtime/index.ts";
import type { Buyers } from "./buyer.ts";
import type { RestBinding } from "./rest-binding.ts";
import { SHOPPING, type UcpVersion, ucpVersions } from "./versions.ts";

/** A message of A2A that may be for the shop. */
export interface ShopMessage {
  request: FastifyRequest;
  /** The extensions that it activates, as their header has them. */
  extensions: string;
  /** In 1.0's shape. */
  message: JsonObject;
}

/** What the shop says to it, and under which extension. */
export interface ShopReply {
  message: JsonObject;
  extension: string;
}

export interface CheckoutMessagesOptions {
  binding: RestBinding;
  buyers: Pick<Buyers, "of">;
  idempotency: Idempotency;
  random: Random;
  /** Name of the extension that tasks are under. */
  extension(): string;
  /** How long a completion may take. */
  completionMs: number;
}

const CHECKOUT = "a2a.ucp.checkout";
const PAYMENT = "a2a.ucp.checkout.payment";
const SIGNALS = "a2a.ucp.checkout.signals";
const SESSIONS = "/ucp/v1/checkout-sessions";
/** Beside the time that a completion may take. */
const SLACK_MS = 30_000;
const MESSAGE_ID_MAX = 255;

const uriOf = (version: UcpVersion): string => `https://ucp.dev/${version}/specification/reference`;
const uris = new Set(ucpVersions.map(uriOf));

/** What the card of an agent says at which the shop is spoken to in messages. */
export const shopExtensions = (): JsonObject[] =>
  ucpVersions.map((version) => ({
    uri: uriOf(version),
    description: "Checkouts of the Universal Commerce Protocol, in messages with the data part of an action",
    params: { capabilities: { [`${SHOPPING}.checkout`]: [{ version }] } },
  }));

/** What is asked of the shop. */
interface Asked {
  action: string;
  data: JsonObject;
  /** The texts beside it: what an agent is to do. */
  words: string;
  payment: JsonObject | undefined;
  signals: unknown;
}

type Line = JsonObject & { item: { id: string } };
interface Step {
  method: "GET" | "POST" | "PUT";
  path: string;
  payload?: unknown;
}

/**
 * Checkouts over messages of A2A (ucp.dev, shopping, checkout, A2A binding): a message that activates the extension and has a data part with an
 * action. The REST binding decides what comes of it. A conversation's context is its checkout's id; a message has its effect once, whatever it is
 * sent again for.
 */
export class CheckoutMessages {
  readonly #options: CheckoutMessagesOptions;

  constructor(options: CheckoutMessagesOptions) {
    this.#options = options;
  }

  /** Undefined for what is none of the shop's business. @throws Problem for what is refused */
  async answer({ request, extensions, message }: ShopMessage): Promise<ShopReply | undefined> {
    const extension = extensions
      .split(",")
      .map((uri) => uri.trim())
      .find((uri) => uris.has(uri));
    const asked = extension === undefined ? undefined : askedIn(message);
    if (extension === undefined || !asked) return undefined;
    const checkout = await this.#once(request, message, () => this.#do(request, message.contextId, asked));
    const { contextId } = message;
    return {
      extension,
      message: {
        messageId: this.#options.random.uuid(),
        role: "ROLE_AGENT",
        contextId: checkout.id ?? contextId ?? this.#options.random.uuid(),
        parts: [{ data: { [CHECKOUT]: checkout } }],
      },
    };
  }

  async #once(request: FastifyRequest, message: JsonObject, work: () => Promise<JsonObject>): Promise<JsonObject> {
    const { idempotency, buyers, completionMs } = this.#options;
    const { messageId } = message;
    if (typeof messageId !== "string" || messageId === "") throw invalid("message.messageId is required");
    const { owner, principal } = await buyers.of(request);
    const begun = await idempotency.begin({
      scope: owner,
      key: `ucp message ${messageId.slice(0, MESSAGE_ID_MAX)}`,
      payload: [JSON.stringify(message)],
      leaseMs: completionMs + SLACK_MS,
    });
    if ("replay" in begun) return JSON.parse(begun.replay.body) as JsonObject;
    try {
      const checkout = await work();
      await begun.keepUnpaid({ status: 200, body: JSON.stringify(checkout) }, { isAnonymous: principal === undefined });
      return checkout;
    } catch (error) {
      await begun.abandon();
      throw error;
    }
  }

  async #do(request: FastifyRequest, contextId: unknown, asked: Asked): Promise<JsonObject> {
    const id = typeof contextId === "string" && contextId !== "" ? encodeURIComponent(contextId) : undefined;
    const ask = (step: Step) => this.#ask(request, step);
    const session = `${SESSIONS}/${id}`;
    const payload = asked.data[CHECKOUT];
    switch (asked.action) {
      case "create_checkout":
        return ask({ method: "POST", path: SESSIONS, payload: demandObject(payload, CHECKOUT) });
      case "add_to_checkout":
        return this.#add(id, asked, ask);
      case "remove_from_checkout":
        return this.#remove(demandId(id), asked, ask);
      case "update_checkout":
        demandId(id);
        return ask({ method: "PUT", path: session, payload: demandObject(payload, CHECKOUT) });
      case "get_checkout":
        demandId(id);
        return ask({ method: "GET", path: session });
      case "complete_checkout": {
        demandId(id);
        const payment = demandObject(asked.payment, PAYMENT);
        const instruments = Array.isArray(payment.instruments) ? payment : { instruments: [payment] };
        const completion = { payment: instruments, ...(asked.signals !== undefined && { signals: asked.signals }) };
        return ask({ method: "POST", path: `${session}/complete`, payload: completion });
      }
      case "cancel_checkout":
        demandId(id);
        return ask({ method: "POST", path: `${session}/cancel` });
      default:
        throw invalid(`There is no action ${asked.action.slice(0, 64)}; there are ${actions.join(", ")}`);
    }
  }

  /** One more item, with what its agent is to do; the first makes the checkout. */
  async #add(id: string | undefined, { data, words }: Asked, ask: (step: Step) => Promise<JsonObject>) {
    const { product_id: item, quantity = 1 } = data;
    if (typeof item !== "string") throw invalid("add_to_checkout takes a product_id");
    const name = this.#options.extension();
    const task = data[name] ?? (words === "" ? undefined : { message: words });
    const line = { item: { id: item }, quantity, ...(task !== undefined && { [name]: task }) };
    const before = id === undefined ? undefined : await ask({ method: "GET", path: `${SESSIONS}/${id}` });
    if (before && !isCheckout(before)) return before;
    // What is over is left, and another begun.
    const isOver = !before || before.status === "completed" || before.status === "canceled";
    if (isOver) return ask({ method: "POST", path: SESSIONS, payload: { line_items: [line] } });
    const lines = [...linesOf(before), line];
    return ask({ method: "PUT", path: `${SESSIONS}/${id}`, payload: { ...remarksOf(before), line_items: lines } });
  }

  /** Of the last item, the checkout is canceled. */
  async #remove(id: string, { data }: Asked, ask: (step: Step) => Promise<JsonObject>) {
    const { product_id: item } = data;
    if (typeof item !== "string") throw invalid("remove_from_checkout takes a product_id");
    const before = await ask({ method: "GET", path: `${SESSIONS}/${id}` });
    if (!isCheckout(before)) return before;
    const lines = linesOf(before).filter((line) => line.item.id !== item && line.item.id.split(":", 1)[0] !== item);
    if (lines.length === 0) return ask({ method: "POST", path: `${SESSIONS}/${id}/cancel` });
    return ask({ method: "PUT", path: `${SESSIONS}/${id}`, payload: { ...remarksOf(before), line_items: lines } });
  }

  async #ask(request: FastifyRequest, { method, path, payload }: Step): Promise<JsonObject> {
    const bodyText = typeof request.body === "string" ? request.body : "";
    const agent = [request.headers["ucp-agent"] ?? []].flat().join(", ") || undefined;
    const { status, body, headers } = await this.#options.binding.ask({
      request,
      bodyText,
      agent,
      method,
      path,
      payload,
    });
    if (status < 400) return body;
    const { "retry-after": retryAfter } = headers;
    throw new Problem(status, String(body.content), {
      code: String(body.code),
      ...(retryAfter !== undefined && { headers: { "retry-after": String(retryAfter) } }),
    });
  }
}

const actions = [
  ...["create_checkout", "add_to_checkout", "remove_from_checkout", "update_checkout", "get_checkout"],
  ...["complete_checkout", "cancel_checkout"],
];

/** A message without an action is words for the agent. */
function askedIn({ parts }: JsonObject): Asked | undefined {
  if (!Array.isArray(parts)) return undefined;
  const data = parts.flatMap((part) => (isObject(part) && isObject(part.data) ? [part.data] : []));
  const asking = data.find((one) => typeof one.action === "string");
  if (!asking) return undefined;
  const texts = parts.flatMap((part) => (isObject(part) && typeof part.text === "string" ? [part.text] : []));
  const named = (name: string) => data.find((one) => name in one)?.[name];
  const payment = named(PAYMENT);
  return {
    action: asking.action as string,
    data: { ...asking, ...(named(CHECKOUT) !== undefined && { [CHECKOUT]: named(CHECKOUT) }) },
    words: texts.join("\n"),
    payment: isObject(payment) ? payment : undefined,
    signals: named(SIGNALS),
  };
}

const isCheckout = (body: JsonObject): boolean => typeof body.id === "string";
/** As they stand: whoever sends them again keeps their prices. */
const linesOf = ({ line_items: lines }: JsonObject): Line[] => (Array.isArray(lines) ? (lines as Line[]) : []);
const remarksOf = ({ buyer, context, attribution }: JsonObject): JsonObject => ({
  ...(buyer !== undefined && { buyer }),
  ...(context !== undefined && { context }),
  ...(attribution !== undefined && { attribution }),
});

function demandId(id: string | undefined): string {
  if (id === undefined) throw invalid("contextId is required: the one that the checkout was answered under");
  return id;
}

function demandObject(value: unknown, name: string): JsonObject {
  if (!isObject(value)) throw invalid(`A data part with ${name} is required`);
  return value;
}

const invalid = (what: string): Problem => new Problem(422, what);
