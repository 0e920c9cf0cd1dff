import type { FastifyRequest } from "fastify";
import { type NetworkOf, plainAddress, Turns } from "../runtime/index.ts";

/** A page of more entries takes milliseconds of the loop that all calls go through: to read, to put in the wire's form, to write as JSON. */
const LARGE = 100;

/** Large pages of lists, one after the other for each client's network: however many it asks for at once, others wait for one of them at most. */
export class LargePages {
  readonly #networkOf: NetworkOf;
  readonly #turns = new Turns();

  constructor(networkOf: NetworkOf) {
    this.#networkOf = networkOf;
  }

  /** Makes a page, when it is its turn where it is a large one. Rejects with what that throws. */
  async make<T>(
    { ip, method }: Pick<FastifyRequest, "ip" | "method">,
    query: unknown,
    page: () => T | Promise<T>,
  ): Promise<T> {
    if (method !== "GET" || !isLarge(query)) return page();
    const over = await this.#turns.take(this.#networkOf(plainAddress(ip)));
    try {
      return await page();
    } finally {
      // When it has been written, and whoever came meanwhile was heard.
      setImmediate(over);
    }
  }
}

const isLarge = (query: unknown): boolean =>
  typeof query === "object" &&
  query !== null &&
  "limit" in query &&
  typeof query.limit === "number" &&
  query.limit > LARGE;
