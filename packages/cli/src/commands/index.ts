import type { Calls } from "../global-options.ts";
import type { DefineCommand } from "./define-command.ts";

export interface CommandEntry {
  /** Name and arguments, as the overview shows them. */
  usage: string;
  summary: string;
  /** The overview's heading it stands under. */
  group: string;
  /** Whose key it takes: the gateway's unless it says otherwise. */
  calls?: Calls;
  /** Loaded only when the command is used or explained. */
  load(): Promise<DefineCommand>;
}

/** The heading of the commands that call sites, and no gateway. */
const SITES = "Sites:";

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
    usage: "doctor [agent]",
    summary: "Find out what is wrong, and what to do",
    group: "Gateway:",
    load: async () => (await import("./doctor.ts")).defineDoctor,
  },
  {
    usage: "login [server]",
    summary: "Keep a gateway's address and key",
    group: "Setup:",
    load: async () => (await import("./login.ts")).defineLogin,
  },
  {
    usage: "logout",
    summary: "Forget a key",
    group: "Setup:",
    load: async () => (await import("./logout.ts")).defineLogout,
  },
  {
    usage: "whoami",
    summary: "Show which gateway and key are used",
    group: "Setup:",
    load: async () => (await import("./whoami.ts")).defineWhoami,
  },
  {
    usage: "profiles [action]",
    summary: "List logins, and choose one",
    group: "Setup:",
    load: async () => (await import("./profiles.ts")).defineProfiles,
  },
  {
    usage: "completion <shell>",
    summary: "Print what makes a shell complete commands",
    group: "Setup:",
    load: async () => (await import("./completion.ts")).defineCompletion,
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
    usage: "call <agent> [text]",
    summary: "Have an agent, or a site, do something",
    group: "Agents:",
    calls: "both",
    load: async () => (await import("./call.ts")).defineCall,
  },
  {
    usage: "chat <agent>",
    summary: "Talk to an agent",
    group: "Agents:",
    load: async () => (await import("./chat.ts")).defineChat,
  },
  {
    usage: "init [directory]",
    summary: "Make a new agent, in TypeScript",
    group: "Agents:",
    load: async () => (await import("./init.ts")).defineInit,
  },
  {
    usage: "dev [path]",
    summary: "Run an agent, register it, watch its calls",
    group: "Agents:",
    load: async () => (await import("./dev.ts")).defineDev,
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
    usage: "card <agent>",
    summary: "Show an agent's A2A card",
    group: "Agents:",
    load: async () => (await import("./card.ts")).defineCard,
  },
  {
    usage: "refresh <agent>",
    summary: "Fetch an agent's card anew",
    group: "Agents:",
    load: async () => (await import("./refresh.ts")).defineRefresh,
  },
  {
    usage: "health <agent>",
    summary: "Show whether an agent is reached",
    group: "Agents:",
    load: async () => (await import("./health.ts")).defineHealth,
  },
  {
    usage: "tasks [agent]",
    summary: "List A2A tasks",
    group: "Agents:",
    load: async () => (await import("./tasks.ts")).defineTasks,
  },
  {
    usage: "reviews <agent>",
    summary: "Show what callers thought of an agent",
    group: "Agents:",
    load: async () => (await import("./reviews.ts")).defineReviews,
  },
  {
    usage: "review <agent> <rating>",
    summary: "Say what one thought of an agent",
    group: "Agents:",
    load: async () => (await import("./review.ts")).defineReview,
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
    usage: "mcp",
    summary: "Serve agents as MCP tools on standard input",
    group: "Agents:",
    load: async () => (await import("./mcp.ts")).defineMcp,
  },
  {
    usage: "webhooks <action>",
    summary: "Say who is told what happens, see what was told",
    group: "Organizations:",
    load: async () => (await import("./webhooks.ts")).defineWebhooks,
  },
  {
    usage: "org <action>",
    summary: "Create, list, change and delete organizations",
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
    usage: "sessions [action]",
    summary: "List browsers that are signed in, sign out",
    group: "Organizations:",
    load: async () => (await import("./sessions.ts")).defineSessions,
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
    usage: "statement [org]",
    summary: "Show an organization's account of a month",
    group: "Organizations:",
    load: async () => (await import("./statement.ts")).defineStatement,
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
    summary: "List the gateway's nodes (admin)",
    group: "Operations:",
    load: async () => (await import("./nodes.ts")).defineNodes,
  },
  {
    usage: "sinks",
    summary: "List where the call log is written (admin)",
    group: "Operations:",
    load: async () => (await import("./sinks.ts")).defineSinks,
  },
  {
    usage: "settings",
    summary: "Show how the gateway is set (admin)",
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
    calls: "site",
    load: async () => (await import("../site/discover.ts")).defineDiscover,
  },
  {
    usage: "flow <url> <flow>",
    summary: "Walk through a flow of a site",
    group: SITES,
    calls: "site",
    load: async () => (await import("../site/flow.ts")).defineFlow,
  },
  {
    usage: "types <url>",
    summary: "Write a site's TypeScript types",
    group: SITES,
    calls: "site",
    load: async () => (await import("../site/types.ts")).defineTypes,
  },
  {
    usage: "manifest diff <old> <new>",
    summary: "Show what changed between two manifests",
    group: SITES,
    calls: "site",
    load: async () => (await import("../site/manifest-diff.ts")).defineManifest,
  },
  {
    usage: "directory <action>",
    summary: "Write a directory of sites, or check one",
    group: SITES,
    calls: "site",
    load: async () => (await import("../directory/directory-command.ts")).defineDirectory,
  },
  {
    usage: "import openapi <document>",
    summary: "Draft a site from an OpenAPI document",
    group: SITES,
    calls: "site",
    load: async () => (await import("../openapi/import-command.ts")).defineImport,
  },
];
