import type { KeyBounds } from "@agentgate/client";
import { gateway } from "./api.ts";
import { webFetch } from "./web-fetch.ts";

/** A key that a page made for itself. */
export interface ShortKey {
  key: string;
  /** Deletes it. */
  end(): void;
}

/**
 * Makes a key from the session, for what a session may not do: calling agents. It is held in this page's memory alone, bounded as is said, and deleted
 * when it is ended or the page is left; in the list of keys it can be ended as well.
 *
 * @param orgId whose key it is, and who pays; null for the admin's own, with which nobody pays
 * @throws GatewayError when this session may make no keys
 */
export async function makeShortKey(
  orgId: string | null,
  name: string,
  scopes: readonly string[],
  bounds: KeyBounds & { expiresIn: number },
): Promise<ShortKey> {
  const { id, key } = await gateway.keysOf(orgId).create(name, scopes, bounds);
  const keys = orgId === null ? "/admin-keys" : `/orgs/${encodeURIComponent(orgId)}/keys`;
  const end = () => {
    removeEventListener("pagehide", end);
    // The browser sends it also while the page is being left.
    void webFetch(`${keys}/${encodeURIComponent(id)}`, { method: "DELETE", keepalive: true }).catch(() => {});
  };
  addEventListener("pagehide", end);
  return { key, end };
}
