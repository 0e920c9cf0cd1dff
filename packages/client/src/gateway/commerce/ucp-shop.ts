import type * as wire from "@agentgate/protocol";
import { at, type CallOptions, type GatewayRequest, type GatewayRoom, type GatewayTransport } from "../http/index.ts";

export interface UcpOptions extends CallOptions {
  /** Address of the platform's profile, for shops that want to know who buys. */
  profile?: string | undefined;
}

/** What changes something; it is done once under one key. */
export interface UcpChangeOptions extends UcpOptions {
  idempotencyKey?: string | undefined;
}

export interface CatalogFilters {
  categories?: readonly string[] | undefined;
  /** Cents. */
  price?: { min?: number | undefined; max?: number | undefined } | undefined;
}

export interface CatalogQuery extends UcpOptions {
  /** All of these words. */
  query?: string | undefined;
  filters?: CatalogFilters | undefined;
}

export interface CatalogSearch extends CatalogQuery {
  /** `pagination.cursor` of the page before. */
  cursor?: string | undefined;
  /** 10 by default, 100 at most. */
  limit?: number | undefined;
}

/** A line of a checkout: an item of the catalog, how many, and what its agent is to do, under the gateway's extension. */
export interface CheckoutLine {
  item: { id: string };
  quantity: number;
  /** Of a line that the checkout has already. */
  id?: string | undefined;
  [member: string]: unknown;
}

/** What a checkout is to be; more members of the protocol go as they are. */
export interface CheckoutFields {
  line_items: readonly CheckoutLine[];
  [member: string]: unknown;
}

/**
 * The gateway's shop by the Universal Commerce Protocol (ucp.dev). What is no resource is a {@link wire.UcpFailure}, whose `messages` say why.
 *
 * @example
 * const shop = new UcpShop(client);
 * for await (const product of shop.products({ query: "translate" })) console.log(product.title);
 */
export class UcpShop {
  readonly #http: GatewayTransport;

  constructor(client: GatewayRoom) {
    // biome-ignore lint/complexity/useLiteralKeys: what is protected is reached so by the package itself
    this.#http = client["http"];
  }

  /** What the gateway tells platforms of itself, in the words of the current release or of another. */
  getProfile({ release, ...call }: CallOptions & { release?: string | undefined } = {}): Promise<wire.UcpProfile> {
    const path = release === undefined ? "/.well-known/ucp" : at`/.well-known/ucp/${release}`;
    return this.#http.json({ path, ...call });
  }

  /** A page of the agents that are for sale. */
  searchCatalog({
    query,
    filters,
    cursor,
    limit,
    ...call
  }: CatalogSearch = {}): Promise<wire.UcpProductPage | wire.UcpFailure> {
    const body = { query: query ?? (filters ? undefined : ""), filters, pagination: { cursor, limit } };
    return this.#http.json(asked("POST", "/catalog/search", call, body));
  }

  /** All of them, each as it is taken. */
  async *products({ query, filters, ...call }: CatalogQuery = {}): AsyncGenerator<wire.UcpShopProduct, void> {
    for (let cursor: string | undefined; ; ) {
      const page = await this.searchCatalog({ query, filters, cursor, limit: 100, ...call });
      if (!isPage(page)) throw new Error(page.messages.map(({ content }) => content).join("; "));
      yield* page.products;
      const next = page.pagination?.cursor;
      if (next === undefined || next === cursor) return;
      cursor = next;
    }
  }

  /** Products by the ids of them or of their variants, fifty at most; what is not there is told in `messages`. */
  findProducts(
    ids: readonly string[],
    { filters, ...call }: UcpOptions & { filters?: CatalogFilters | undefined } = {},
  ): Promise<wire.UcpProductPage | wire.UcpFailure> {
    return this.#http.json(asked("POST", "/catalog/lookup", call, { ids, filters }));
  }

  getProduct(
    id: string,
    { filters, ...call }: UcpOptions & { filters?: CatalogFilters | undefined } = {},
  ): Promise<wire.UcpProductDetail | wire.UcpFailure> {
    return this.#http.json(asked("POST", "/catalog/product", call, { id, filters }));
  }

  /** Makes a checkout, whose prices stay as they are now. */
  createCheckout(checkout: CheckoutFields, options?: UcpChangeOptions): Promise<wire.UcpCheckout | wire.UcpFailure> {
    return this.#http.json(changing("POST", "/checkout-sessions", options, checkout));
  }

  getCheckout(id: string, call?: UcpOptions): Promise<wire.UcpCheckout | wire.UcpFailure> {
    return this.#http.json(asked("GET", at`/checkout-sessions/${id}`, call));
  }

  /** Takes the whole of what is to be; items that it had keep their prices. */
  updateCheckout(
    id: string,
    checkout: CheckoutFields,
    options?: UcpChangeOptions,
  ): Promise<wire.UcpCheckout | wire.UcpFailure> {
    return this.#http.json(changing("PUT", at`/checkout-sessions/${id}`, options, checkout));
  }

  /** Has the tasks done and pays for them from one of the wallets that the checkout shows in `payment`. */
  completeCheckout(
    id: string,
    instruments: readonly wire.UcpInstrument[],
    options?: UcpChangeOptions,
  ): Promise<wire.UcpCheckout | wire.UcpFailure> {
    const body = { payment: { instruments } };
    return this.#http.json(changing("POST", at`/checkout-sessions/${id}/complete`, options, body));
  }

  cancelCheckout(id: string, options?: UcpChangeOptions): Promise<wire.UcpCheckout | wire.UcpFailure> {
    return this.#http.json(changing("POST", at`/checkout-sessions/${id}/cancel`, options));
  }

  /** An order with what its agents answered; large answers are had by {@link getOrderResult}. */
  getOrder(id: string, call?: UcpOptions): Promise<wire.UcpOrder | wire.UcpFailure> {
    return this.#http.json(asked("GET", at`/orders/${id}`, call));
  }

  /** What an agent answered to one task of an order. @param position as the order has it */
  getOrderResult<Answer = unknown>(id: string, position: number, call?: UcpOptions): Promise<Answer> {
    return this.#http.json(asked("GET", at`/orders/${id}/results/${`${position}`}`, call));
  }

  /** A schema that the profile refers to: `agent_task.json`, `wallet.json`. */
  getSchema(file: string, call?: CallOptions): Promise<Record<string, unknown>> {
    return this.#http.json({ path: at`/ucp/schemas/${file}`, ...call });
  }

  /** A page that the profile refers to, as Markdown: `agent-task`, `wallet`. */
  async getPage(page: string, call?: CallOptions): Promise<string> {
    return (await this.#http.text({ path: at`/ucp/docs/${page}`, ...call })).text;
  }

  /** Signs with the next key from now on, and answers the keys in the profile, the one that signs first. Admin only. */
  rotateKeys(call?: CallOptions): Promise<wire.PublicKeys> {
    return this.#http.json({ method: "POST", path: "/ucp/keys/rotate", ...call });
  }
}

function asked(
  method: "GET" | "POST" | "PUT",
  path: string,
  { profile, ...call }: UcpOptions = {},
  body?: object,
): GatewayRequest {
  const headers = { "ucp-agent": profile && `profile="${profile}"` };
  return { method, path: `/ucp/v1${path}`, headers, body, ...call };
}

function changing(
  method: "POST" | "PUT",
  path: string,
  { idempotencyKey, ...options }: UcpChangeOptions = {},
  body?: object,
): GatewayRequest {
  const { headers, ...request } = asked(method, path, options, body);
  return { ...request, headers: { ...headers, "idempotency-key": idempotencyKey }, once: true };
}

const isPage = (page: wire.UcpProductPage | wire.UcpFailure): page is wire.UcpProductPage => "products" in page;
