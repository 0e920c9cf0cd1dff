import type * as wire from "@agentgate/protocol";
import { asked, at, type BeforeOptions, type CallOptions, GatewayRoom } from "../http/index.ts";

/** Which rows of the audit log. */
export interface AuditFilter extends CallOptions {
  /** `admin`, `org`, `gateway`, or the id of a key or an organization. */
  actor?: string | undefined;
  /** `agent.changed`, or `agent.` for all that is done to agents. */
  action?: string | undefined;
  /** The id of what something was done to. */
  target?: string | undefined;
  requestId?: string | undefined;
  /** From this time on. */
  from?: string | undefined;
  /** Before this time. */
  to?: string | undefined;
}

export interface AuditOptions extends AuditFilter, BeforeOptions {}

/** Who changed what. */
export abstract class AuditCalls extends GatewayRoom {
  /** A page of who changed what, newest first; `next` goes back as `before`. Admin only. */
  listAudit(options?: AuditOptions & { orgId?: string }): Promise<wire.AuditPage> {
    return this.http.json({ path: "/audit", ...asked(options) });
  }

  /** The same of an organization. */
  listOrgAudit(id: string, options?: AuditOptions): Promise<wire.AuditPage> {
    return this.http.json({ path: at`/orgs/${id}/audit`, ...asked(options) });
  }

  /**
   * Each row, newest first, as it is taken.
   * @param options `orgId`: of this organization, as it sees it; without one, everything, as the admin sees it
   */
  audit({ orgId, ...filter }: AuditFilter & { orgId?: string } = {}): AsyncGenerator<wire.AuditEntry, void> {
    return this.http.each({ path: auditPath(orgId), ...asked(filter) });
  }

  /**
   * All of it that matches, oldest first, as text that comes in pieces: lines of JSON, or CSV.
   * @param options `orgId`: of this organization, as it sees it; without one, everything, as the admin sees it
   */
  exportAudit(
    format: "ndjson" | "csv",
    { orgId, ...filter }: AuditFilter & { orgId?: string } = {},
  ): AsyncGenerator<string, void> {
    return this.http.pieces({ path: auditPath(orgId), ...asked({ ...filter, format }) });
  }
}

const auditPath = (orgId: string | undefined) => (orgId === undefined ? "/audit" : at`/orgs/${orgId}/audit`);
