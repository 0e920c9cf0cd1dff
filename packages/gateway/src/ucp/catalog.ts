import type { AgentForSale, AgentsForSale, SaleFilter } from "../agents/index.ts";
import type { HealthRoom } from "../health/index.ts";
import type { Principal } from "../http/index.ts";
import type { OrgRegistry } from "../orgs/index.ts";
import { type Offer, offersOf, parseItemId } from "./offer.ts";
import { productOf } from "./product.ts";

export interface CatalogOptions {
  forSale: AgentsForSale;
  orgs: Pick<OrgRegistry, "find">;
  statuses: HealthRoom["statuses"];
  publicUrl(): string;
}

type Product = ReturnType<typeof productOf>;

/** The agents that are for sale to a caller, at its prices, as products. */
export class Catalog {
  readonly #options: CatalogOptions;

  constructor(options: CatalogOptions) {
    this.#options = options;
  }

  /** A page of what matches, newest first. */
  async search(filter: SaleFilter, page: { limit: number; after: string | undefined }, caller: Principal | undefined) {
    const { found, next } = await this.#options.forSale.search(filter, page, caller);
    return { products: await this.#toProducts(found), next };
  }

  /**
   * The products that these ids, of products or of their variants, name; each variant with the ids that led to it.
   *
   * @returns also the ids that name nothing for sale
   */
  async lookup(ids: readonly string[], filter: SaleFilter, caller: Principal | undefined) {
    const named = [...new Set(ids)].map((id) => ({ id, ...parseItemId(id) }));
    const agentIds = new Set(named.flatMap(({ agentId }) => agentId ?? []));
    const found = await this.#toProducts(await this.#options.forSale.among([...agentIds], filter, caller));
    const isMet = new Set<string>();
    const products = found.flatMap((product) => {
      const variants = product.variants.flatMap((variant) => {
        const inputs = named
          .filter(({ id }) => id === variant.id || id === product.id)
          .map(({ id, isProduct }) => ({ id, match: isProduct ? "featured" : "exact" }));
        for (const { id } of inputs) isMet.add(id);
        return inputs.length === 0 ? [] : [{ ...variant, inputs }];
      });
      return variants.length === 0 ? [] : [{ ...product, variants }];
    });
    return { products, missing: named.map(({ id }) => id).filter((id) => !isMet.has(id)) };
  }

  /** The product of this id, or of this variant's. */
  async product(id: string, filter: SaleFilter, caller: Principal | undefined): Promise<Product | undefined> {
    const { products } = await this.lookup([id], filter, caller);
    return (
      products[0] && { ...products[0], variants: products[0].variants.map(({ inputs: _, ...variant }) => variant) }
    );
  }

  async #toProducts(found: readonly AgentForSale[]): Promise<Product[]> {
    const sold = found.flatMap((one) => {
      const offers = offersOf(one.agent);
      return offers.length > 0 ? [{ ...one, offers }] : [];
    });
    const { statuses, orgs, publicUrl } = this.#options;
    const health = await statuses(sold.map(({ agent }) => agent.id));
    const owner = async (orgId: string | null) => (orgId === null ? undefined : (await orgs.find(orgId))?.name);
    return Promise.all(
      sold.map(async ({ offers, ...one }: AgentForSale & { offers: Offer[] }) =>
        productOf(one, offers, {
          url: publicUrl(),
          seller: await owner(one.agent.orgId),
          isUnhealthy: health.get(one.agent.id) === "unhealthy",
        }),
      ),
    );
  }
}
