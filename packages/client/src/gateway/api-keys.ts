import type * as wire from "@agentgate/protocol";
import type { CallOptions, GatewayTransport } from "./gateway-transport.ts";
import type * as given from "./options.ts";
import { toWireFields } from "./wire-fields.ts";

/** Further keys of one holder, each made for something, bounded, and ended when one likes. */
export class ApiKeys {
  readonly #http: GatewayTransport;
  readonly #path: string;

  /** @param orgId null for the admin's */
  constructor(http: GatewayTransport, orgId: string | null) {
    this.#http = http;
    this.#path = orgId === null ? "/admin-keys" : `/orgs/${encodeURIComponent(orgId)}/keys`;
  }

  /** Newest first, after the organization's own. */
  async list(call?: CallOptions): Promise<wire.ApiKey[]> {
    const all: wire.ApiKey[] = [];
    for (let before: string | undefined; ; ) {
      const request = { path: this.#path, query: { limit: 500, before }, ...call };
      const page = await this.#http.json<{ entries: wire.ApiKey[]; next: string | null }>(request);
      all.push(...page.entries);
      if (page.next === null || page.next === before) return all;
      before = page.next;
    }
  }

  get(id: string, call?: CallOptions): Promise<wire.ApiKey> {
    return this.#http.json({ path: this.#of(id), ...call });
  }

  /**
   * The answer's `key` is shown this once. Nobody gives a scope that his own key has not.
   * @param scopes names of actions, such as `tasks:call`; `["*"]` for everything
   */
  create(
    name: string,
    scopes: readonly string[],
    bounds: given.KeyBounds = {},
    call?: CallOptions,
  ): Promise<wire.MintedKey> {
    const body = toWireFields({ ...bounds, name, scopes });
    return this.#http.json({ method: "POST", path: this.#path, body, ...call });
  }

  /** In force on every node within a second. Absent fields stay as they are, null takes a bound away. */
  update(id: string, changes: given.KeyChanges, call?: CallOptions): Promise<wire.ApiKey> {
    return this.#http.json({ method: "PATCH", path: this.#of(id), body: toWireFields(changes), ...call });
  }

  /** It opens nothing on any node within a second; streams and sockets that it has opened end. */
  async delete(id: string, call?: CallOptions): Promise<void> {
    await this.#http.text({ method: "DELETE", path: this.#of(id), ...call });
  }

  /** A new key in its place, shown this once. @param graceSeconds how long the one before works beside it */
  rotate(id: string, graceSeconds = 0, call?: CallOptions): Promise<wire.MintedKey> {
    const body = { grace_seconds: graceSeconds };
    return this.#http.json({ method: "POST", path: `${this.#of(id)}/rotate`, body, ...call });
  }

  disable(id: string, call?: CallOptions): Promise<wire.ApiKey> {
    return this.#http.json({ method: "POST", path: `${this.#of(id)}/disable`, ...call });
  }

  enable(id: string, call?: CallOptions): Promise<wire.ApiKey> {
    return this.#http.json({ method: "POST", path: `${this.#of(id)}/enable`, ...call });
  }

  #of(id: string): string {
    return `${this.#path}/${encodeURIComponent(id)}`;
  }
}
