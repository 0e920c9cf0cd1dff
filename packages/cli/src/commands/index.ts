import type { DefineCommand } from "./define-command.ts";

export interface CommandEntry {
  /** Name and arguments, as the overview shows them. */
  usage: string;
  summary: string;
  /** The overview's heading it stands under. */
  group: string;
  /** Loaded only when the command is used or explained. */
  load(): Promise<DefineCommand>;
}

/** The heading of the commands that call sites, and no gateway. */
export const SITES = "Sites:";

/** Every command, in the overview's order. One file each. */
export const commands: readonly CommandEntry[] = [
  {
    usage: "serve",
    summary: "Start a gateway",
    group: "Gateway:",
    load: async () => (await import("./serve.ts")).defineServe,
  },
  {
    usage: "status",
    summary: "Check the gateway's health",
    group: "Gateway:",
    load: async () => (await import("./status.ts")).defineStatus,
  },
  {
    usage: "open",
    summary: "Open the gateway in a browser, signed in",
    group: "Gateway:",
    load: async () => (await import("./open.ts")).defineOpen,
  },
  {
    usage: "list",
    summary: "List agents",
    group: "Agents:",
    load: async () => (await import("./list.ts")).defineList,
  },
  {
    usage: "search [text]",
    summary: "Find agents by what they do, cost and are like",
    group: "Agents:",
    load: async () => (await import("./search.ts")).defineSearch,
  },
  {
    usage: "deploy <path>",
    summary: "Register an agent, or have it run",
    group: "Agents:",
    load: async () => (await import("./deploy.ts")).defineDeploy,
  },
  {
    usage: "undeploy <agent>",
    summary: "Stop an agent that the gateway runs",
    group: "Agents:",
    load: async () => (await import("./undeploy.ts")).defineUndeploy,
  },
  {
    usage: "update <agent>",
    summary: "Change an agent",
    group: "Agents:",
    load: async () => (await import("./update.ts")).defineUpdate,
  },
  {
    usage: "delete <agent>",
    summary: "Remove an agent",
    group: "Agents:",
    load: async () => (await import("./delete.ts")).defineDelete,
  },
  {
    usage: "agents <action>",
    summary: "Grant agents to organizations, suspend agents",
    group: "Agents:",
    load: async () => (await import("./agents.ts")).defineAgents,
  },
  {
    usage: "approvals [action]",
    summary: "See, approve and refuse what waits for approval",
    group: "Agents:",
    load: async () => (await import("./approvals.ts")).defineApprovals,
  },
  {
    usage: "credentials <agent>",
    summary: "Set what the gateway shows an agent",
    group: "Agents:",
    load: async () => (await import("./credentials.ts")).defineCredentials,
  },
  {
    usage: "logs [agent]",
    summary: "Show an agent's calls",
    group: "Agents:",
    load: async () => (await import("./logs.ts")).defineLogs,
  },
  {
    usage: "usage <agent>",
    summary: "Show an agent's totals",
    group: "Agents:",
    load: async () => (await import("./usage.ts")).defineUsage,
  },
  {
    usage: "billing <agent>",
    summary: "Show an agent's usage by day or month",
    group: "Agents:",
    load: async () => (await import("./billing.ts")).defineBilling,
  },
  {
    usage: "stats [agent]",
    summary: "Show calls over time, how fast and for how much",
    group: "Agents:",
    load: async () => (await import("./stats.ts")).defineStats,
  },
  {
    usage: "bump <part> [path]",
    summary: "Raise the version in an agentgate.yaml",
    group: "Agents:",
    load: async () => (await import("./bump.ts")).defineBump,
  },
  {
    usage: "chains <action>",
    summary: "Have agents work one after the other",
    group: "Agents:",
    load: async () => (await import("./chains.ts")).defineChains,
  },
  {
    usage: "webhooks <action>",
    summary: "See what was told, tell it again, listen",
    group: "Organizations:",
    load: async () => (await import("./webhooks.ts")).defineWebhooks,
  },
  {
    usage: "org <action>",
    summary: "Create, list, show and delete organizations",
    group: "Organizations:",
    load: async () => (await import("./org.ts")).defineOrg,
  },
  {
    usage: "keys <action>",
    summary: "Make, change and end keys for something",
    group: "Organizations:",
    load: async () => (await import("./keys.ts")).defineKeys,
  },
  {
    usage: "me",
    summary: "Show whose key is used, and what it may do",
    group: "Organizations:",
    load: async () => (await import("./me.ts")).defineMe,
  },
  {
    usage: "wallet [org]",
    summary: "Show an organization's balance and limits",
    group: "Organizations:",
    load: async () => (await import("./wallet.ts")).defineWallet,
  },
  {
    usage: "topup <org> <amount>",
    summary: "Add money to an organization's wallet",
    group: "Organizations:",
    load: async () => (await import("./topup.ts")).defineTopup,
  },
  {
    usage: "transactions [org]",
    summary: "Show an organization's transactions",
    group: "Organizations:",
    load: async () => (await import("./transactions.ts")).defineTransactions,
  },
  {
    usage: "tier <org> [tier]",
    summary: "Show or change an organization's tier",
    group: "Organizations:",
    load: async () => (await import("./tier.ts")).defineTier,
  },
  {
    usage: "ledger <action>",
    summary: "Verify the ledger, also offline",
    group: "Operations:",
    load: async () => (await import("./ledger.ts")).defineLedger,
  },
  {
    usage: "audit <action>",
    summary: "See who changed what; prove it, also offline",
    group: "Operations:",
    load: async () => (await import("./audit.ts")).defineAudit,
  },
  {
    usage: "nodes",
    summary: "List the gateway's nodes",
    group: "Operations:",
    load: async () => (await import("./nodes.ts")).defineNodes,
  },
  {
    usage: "settings",
    summary: "Show how the gateway is set",
    group: "Operations:",
    load: async () => (await import("./settings.ts")).defineSettings,
  },
  {
    usage: "secrets <action>",
    summary: "Change the key that secrets are sealed under",
    group: "Operations:",
    load: async () => (await import("./secrets.ts")).defineSecrets,
  },
  {
    usage: "apply",
    summary: "Make the gateway as a gateway.yaml says",
    group: "Operations:",
    load: async () => (await import("./apply.ts")).defineApply,
  },
  {
    usage: "export",
    summary: "Write a gateway.yaml of what there is",
    group: "Operations:",
    load: async () => (await import("./export.ts")).defineExport,
  },
  {
    usage: "discover <url>",
    summary: "Show what a site offers to agents",
    group: SITES,
    load: async () => (await import("../site/discover.ts")).defineDiscover,
  },
  {
    usage: "call <url> <intent>",
    summary: "Call an intent of a site",
    group: SITES,
    load: async () => (await import("../site/call.ts")).defineCall,
  },
  {
    usage: "flow <url> <flow>",
    summary: "Walk through a flow of a site",
    group: SITES,
    load: async () => (await import("../site/flow.ts")).defineFlow,
  },
  {
    usage: "types <url>",
    summary: "Write a site's TypeScript types",
    group: SITES,
    load: async () => (await import("../site/types.ts")).defineTypes,
  },
  {
    usage: "manifest diff <old> <new>",
    summary: "Show what changed between two manifests",
    group: SITES,
    load: async () => (await import("../site/manifest-diff.ts")).defineManifest,
  },
  {
    usage: "import openapi <document>",
    summary: "Draft a site from an OpenAPI document",
    group: SITES,
    load: async () => (await import("../openapi/import-command.ts")).defineImport,
  },
];
