import type { IncomingHttpHeaders } from "node:http";
import type { Random } from "../runtime/index.ts";

const HEADER = "agentgate-ucp-pass";

/** Requests that the gateway makes of itself for others, whose signatures were verified. Each has a pass of its own, which nobody can guess. */
export class PassedRequests {
  readonly #random: Random;
  readonly #passes = new Set<string>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** @param work makes the request with these headers */
  async during<T>(work: (headers: Record<string, string>) => Promise<T>): Promise<T> {
    const pass = this.#random.uuid();
    this.#passes.add(pass);
    try {
      return await work({ [HEADER]: pass });
    } finally {
      this.#passes.delete(pass);
    }
  }

  has(headers: IncomingHttpHeaders): boolean {
    const pass = headers[HEADER];
    return typeof pass === "string" && this.#passes.has(pass);
  }
}
