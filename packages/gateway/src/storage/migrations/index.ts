import type { Kysely } from "kysely";
import type { EngineName } from "../engine.ts";
import * as records from "./0001-records.ts";
import * as ledger from "./0002-ledger.ts";
import * as a2a from "./0003-a2a.ts";
import * as billing from "./0004-billing.ts";
import * as journalTime from "./0005-journal-time.ts";
import * as usageTotals from "./0006-usage-totals.ts";
import * as leases from "./0007-leases.ts";
import * as directoryCounts from "./0008-directory-counts.ts";
import * as orgNames from "./0008-org-names.ts";
import * as sums from "./0009-sums.ts";
import * as outbox from "./0010-outbox.ts";
import * as paidTasks from "./0011-paid-tasks.ts";
import * as ledgerHeadSums from "./0012-ledger-head-sums.ts";
import * as ledgerCheckpoints from "./0013-ledger-checkpoints.ts";
import * as requestIds from "./0015-request-ids.ts";
import * as agentProtocols from "./0016-agent-protocols.ts";
import * as webhooks from "./0017-webhooks.ts";
import * as webhookLists from "./0018-webhook-lists.ts";
import * as chains from "./0020-chains.ts";
import * as agentCallers from "./0021-agent-callers.ts";
import * as agentsForSale from "./0022-agents-for-sale.ts";
import * as ucp from "./0023-ucp.ts";
import * as ucpOrdersDue from "./0024-ucp-orders-due.ts";
import * as deployments from "./0025-deployments.ts";
import * as runningReleases from "./0026-running-releases.ts";
import * as apiKeys from "./0030-api-keys.ts";
import * as auditLog from "./0031-audit-log.ts";
import * as visibility from "./0033-visibility.ts";
import * as approvals from "./0034-approvals.ts";
import * as callLogFields from "./0035-call-log-fields.ts";
import * as callLogSearch from "./0036-call-log-search.ts";
import * as paidCalls from "./0037-paid-calls.ts";
import * as callRollups from "./0038-call-rollups.ts";
import * as healthDays from "./0039-health-days.ts";
import * as searchFilters from "./0039-search-filters.ts";
import * as sessions from "./0040-sessions.ts";
import * as callOrder from "./0041-call-order.ts";
import * as nodes from "./0042-nodes.ts";
import * as sessionList from "./0043-session-list.ts";
import * as failedPairs from "./0044-failed-pairs.ts";
import * as ucpLists from "./0045-ucp-lists.ts";
import * as taskLists from "./0046-task-lists.ts";
import * as logSinks from "./0047-log-sinks.ts";
import * as orgNameOrder from "./0048-org-name-order.ts";
import * as mcp from "./0049-mcp.ts";
import * as agentSkills from "./0050-agent-skills.ts";
import * as mcpServers from "./0051-mcp-servers.ts";
import * as agentManifests from "./0052-agent-manifests.ts";
import * as hiddenInOrders from "./0053-hidden-in-orders.ts";
import * as toolTasksByOwner from "./0054-tool-tasks-by-owner.ts";

/**
 * Every migration by name, in the order of their names. A released one never changes; the next one mends it. One that changes
 * before its release gets another name, so that a database made by the earlier one is refused, not misread.
 */
export const migrations: Readonly<Record<string, { up(db: Kysely<unknown>, engine: EngineName): Promise<void> }>> = {
  "0001-records": records,
  "0002-ledger": ledger,
  "0003-a2a-fewer-indexes": a2a,
  "0004-billing": billing,
  "0005-journal-time": journalTime,
  "0006-usage-totals": usageTotals,
  "0007-leases": leases,
  "0008-directory-counts": directoryCounts,
  "0008-org-names": orgNames,
  "0009-sums": sums,
  "0010-outbox": outbox,
  "0011-paid-tasks": paidTasks,
  "0012-ledger-head-sums": ledgerHeadSums,
  "0013-ledger-checkpoints": ledgerCheckpoints,
  "0015-request-ids": requestIds,
  "0016-agent-protocols": agentProtocols,
  "0017-webhooks": webhooks,
  "0018-webhook-lists": webhookLists,
  "0020-chains": chains,
  "0021-agent-callers": agentCallers,
  "0022-agents-for-sale": agentsForSale,
  "0023-ucp": ucp,
  "0024-ucp-orders-due": ucpOrdersDue,
  "0025-deployments": deployments,
  "0026-running-releases": runningReleases,
  "0030-api-keys": apiKeys,
  "0031-audit-log": auditLog,
  "0033-visibility-of-agents": visibility,
  "0034-approvals": approvals,
  "0035-call-log-fields": callLogFields,
  "0036-call-log-search": callLogSearch,
  "0037-paid-calls": paidCalls,
  "0038-call-rollups": callRollups,
  "0039-health-days": healthDays,
  "0039-search-filters": searchFilters,
  "0040-sessions": sessions,
  "0041-call-order": callOrder,
  "0042-nodes": nodes,
  "0043-session-list": sessionList,
  "0044-failed-pairs": failedPairs,
  "0045-ucp-lists": ucpLists,
  "0046-task-lists": taskLists,
  "0047-log-sinks": logSinks,
  "0048-org-name-order": orgNameOrder,
  "0049-mcp": mcp,
  "0050-agent-skills": agentSkills,
  "0051-mcp-servers": mcpServers,
  "0052-agent-manifests": agentManifests,
  "0053-hidden-in-orders": hiddenInOrders,
  "0054-tool-tasks-by-owner": toolTasksByOwner,
};
