import type * as wire from "@agentgate/protocol";
import type { PageOptions } from "../agents/index.ts";
import { asked, at, type CallOptions, GatewayRoom, toWireFields } from "../http/index.ts";
import { ApiKeys } from "./api-keys.ts";
import type { NewOrg, OrgFields } from "./org-fields.ts";

/** Which organizations. */
export interface OrgFilter extends CallOptions {
  /** How the name begins, whatever its case; or an id. */
  q?: string | undefined;
}

export interface ListOrgsOptions extends OrgFilter, PageOptions {
  /** `agents`: also how many agents each has. */
  include?: "agents" | undefined;
  /** These alone, those that are there. */
  id?: readonly string[] | undefined;
}

/** Which agents of an organization. */
export interface OrgAgentFilter extends CallOptions {
  /** Part of the name, any case; of the newest ten thousand. */
  q?: string | undefined;
  /** Also how each does, some minutes old. */
  record?: boolean | undefined;
}

/** Organizations and their keys. */
export abstract class OrgCalls extends GatewayRoom {
  createOrg(name: string, fields: NewOrg = {}, call?: CallOptions): Promise<wire.CreatedOrg> {
    return this.http.json({ method: "POST", path: "/orgs/", body: toWireFields({ ...fields, name }), ...call });
  }

  /** Newest first; with `q`, those whose names begin so, by name. All of them, page by page, unless a `limit` is given. */
  listOrgs(options?: ListOrgsOptions): Promise<wire.Org[]> {
    return this.http.pages({ path: "/orgs/", ...asked(options) });
  }

  /** The same, each as it is taken. */
  orgs(filter?: OrgFilter): AsyncGenerator<wire.Org, void> {
    return this.http.each({ path: "/orgs/", ...asked(filter) });
  }

  /** The organization whose key the client has. Throws with status 404 for the admin's key. */
  getMyOrg(call?: CallOptions): Promise<wire.MyOrg> {
    return this.http.json({ path: "/orgs/me", ...call });
  }

  getOrg(id: string, call?: CallOptions): Promise<wire.Org> {
    return this.http.json({ path: at`/orgs/${id}`, ...call });
  }

  updateOrg(id: string, changes: OrgFields, call?: CallOptions): Promise<wire.Org> {
    return this.http.json({ method: "PUT", path: at`/orgs/${id}`, body: toWireFields(changes), ...call });
  }

  /** @param options.force deletes it with its balance, which is written off */
  deleteOrg(id: string, options?: CallOptions & { force?: boolean }): Promise<void> {
    return this.http.none({ method: "DELETE", path: at`/orgs/${id}`, ...asked(options) });
  }

  /** Newest first; all of them, page by page, unless a `limit` is given. */
  listOrgAgents(id: string, options?: OrgAgentFilter & PageOptions): Promise<wire.ListedAgent[]> {
    return this.http.pages(agentsRequest(id, options));
  }

  /** The same, each as it is taken. */
  orgAgents(id: string, filter?: OrgAgentFilter): AsyncGenerator<wire.ListedAgent, void> {
    return this.http.each(agentsRequest(id, filter));
  }

  /** A new key; the old one works too until {@link confirmRotation}. */
  rotateKey(id: string, call?: CallOptions): Promise<wire.KeyRotation> {
    return this.http.json({ method: "POST", path: at`/orgs/${id}/rotate-key`, ...call });
  }

  /** Ends the old key. */
  confirmRotation(id: string, call?: CallOptions): Promise<{ status: "rotation_confirmed" }> {
    return this.http.json({ method: "POST", path: at`/orgs/${id}/confirm-rotation`, ...call });
  }

  /** Whose key is used, and what it may do: any key may ask. */
  me(call?: CallOptions): Promise<wire.Me> {
    return this.http.json({ path: "/me", ...call });
  }

  /** The further keys of an organization, or the admin's where `orgId` is null. */
  keysOf(orgId: string | null): ApiKeys {
    return new ApiKeys(this.http, orgId);
  }

  /** Which tools an organization lists at the gateway's own MCP server. */
  getToolset(id: string, call?: CallOptions): Promise<wire.OrgToolset> {
    return this.http.json({ path: at`/orgs/${id}/toolset`, ...call });
  }

  /** In place of what was listed before: agents that the organization sees, each with the names of its tools, or null for all. */
  updateToolset(id: string, toolset: readonly wire.ToolsetEntry[], call?: CallOptions): Promise<wire.OrgToolset> {
    return this.http.json({ method: "PUT", path: at`/orgs/${id}/toolset`, body: toolset, ...call });
  }

  /** From now on the organization's own agents are listed, as where it never said which. */
  deleteToolset(id: string, call?: CallOptions): Promise<void> {
    return this.http.none({ method: "DELETE", path: at`/orgs/${id}/toolset`, ...call });
  }

  listOrgLimits(id: string, call?: CallOptions): Promise<wire.OrgLimit[]> {
    return this.http.list({ path: at`/orgs/${id}/limits`, ...call });
  }
}

const agentsRequest = (id: string, { record, ...options }: OrgAgentFilter = {}) => ({
  path: at`/orgs/${id}/agents`,
  ...asked({ ...options, record: record ? 1 : undefined }),
});
