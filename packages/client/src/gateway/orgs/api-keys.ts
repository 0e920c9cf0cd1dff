import type * as wire from "@agentgate/protocol";
import { at, type CallOptions, type GatewayTransport, toWireFields } from "../http/index.ts";
import type { KeyBounds, KeyChanges } from "./key-fields.ts";

/** Further keys of one holder, each made for something, bounded, and ended when one likes. */
export class ApiKeys {
  readonly #http: GatewayTransport;
  readonly #path: string;

  /** @param orgId null for the admin's */
  constructor(http: GatewayTransport, orgId: string | null) {
    this.#http = http;
    this.#path = orgId === null ? "/admin-keys" : at`/orgs/${orgId}/keys`;
  }

  /** Newest first, after the organization's own. */
  list(call?: CallOptions): Promise<wire.ApiKey[]> {
    return this.#http.pages({ path: this.#path, ...call });
  }

  /** The same, each as it is taken. */
  all(call?: CallOptions): AsyncGenerator<wire.ApiKey, void> {
    return this.#http.each({ path: this.#path, ...call });
  }

  get(id: string, call?: CallOptions): Promise<wire.ApiKey> {
    return this.#http.json({ path: this.#of(id), ...call });
  }

  /**
   * The answer's `key` is shown this once. Nobody gives a scope that his own key has not.
   * @param scopes names of actions, such as `tasks:call`; `["*"]` for everything
   */
  create(name: string, scopes: readonly string[], bounds: KeyBounds = {}, call?: CallOptions): Promise<wire.MintedKey> {
    const body = toWireFields({ ...bounds, name, scopes });
    return this.#http.json({ method: "POST", path: this.#path, body, ...call });
  }

  /** In force on every node within a second. Absent fields stay as they are, null takes a bound away. */
  update(id: string, changes: KeyChanges, call?: CallOptions): Promise<wire.ApiKey> {
    return this.#http.json({ method: "PATCH", path: this.#of(id), body: toWireFields(changes), ...call });
  }

  /** It opens nothing on any node within a second; streams and sockets that it has opened end. */
  delete(id: string, call?: CallOptions): Promise<void> {
    return this.#http.none({ method: "DELETE", path: this.#of(id), ...call });
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
    return this.#path + at`/${id}`;
  }
}
