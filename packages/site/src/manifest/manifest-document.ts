import type { Manifest } from "@agentgate/protocol/site";
import { sha256 } from "../auth/digest.ts";
import type { Exchange, Reply } from "../exchange/exchange.ts";

/** A manifest as it goes over the wire: written once, served many times. */
export class ManifestDocument {
  readonly manifest: Manifest;
  readonly #text: string;
  readonly #headers: Promise<Readonly<Record<string, string>>>;

  /** @param shared whether caches between the site and the agent may keep it */
  constructor(manifest: Manifest, shared: boolean) {
    this.manifest = manifest;
    this.#text = JSON.stringify(manifest);
    this.#headers = sha256(this.#text).then((digest) => ({
      "content-type": "application/json; charset=utf-8",
      "cache-control": `${shared ? "public" : "private"}, max-age=300`,
      etag: `"${digest.slice(0, 32)}"`,
    }));
  }

  async reply(exchange: Exchange): Promise<Reply> {
    const headers = await this.#headers;
    if (matches(exchange.header("if-none-match"), headers.etag!)) return { status: 304, headers, body: "" };
    return { status: 200, headers, body: exchange.method === "HEAD" ? "" : this.#text };
  }
}

/** RFC 9110 §13.1.2: weak comparison. */
const matches = (condition: string | undefined, etag: string) =>
  condition !== undefined &&
  (condition.trim() === "*" || condition.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag));
