import type { Access, Action } from "../http/index.ts";
import { admitted, type Judged, type Right } from "./may.ts";

/** One line of the table: what can be done, and by whom. */
export interface ListedAction<A extends Access = Access> extends Action<A>, Judged {}

const RIGHTS = { public: "anyone", optional: "anyone", org: "owner", admin: "admin" } as const satisfies Record<
  Access,
  Right
>;

/** What owners do with what there is, themselves among it. Whatever else they, or the admin, do administers it. */
const USES = /^(?:reviews:write|sessions:.*|[a-z_]+:(?:read|inspect|call|run|use))$/;

/** Named `things:verb`. How its routes look for a key says whose it is: nobody without one, or the admin alone, may do it. */
function action<const A extends Access>(name: string, access: A, needsNoScope = false): ListedAction<A> {
  const judged: Judged = { name, right: RIGHTS[access], needsNoScope };
  const administers = access === "admin" || (access === "org" && !USES.test(name));
  return { ...judged, access, administers, admit: (caller, address) => admitted(caller, judged, address) };
}

/** Whoever does it shows a key: a browser's session calls no agents, and makes no sessions. */
const byKeyAlone = <const L extends ListedAction>(listed: L): L => ({ ...listed, byKeyAlone: true });

/**
 * Everything that can be done here. Each route states its action, and every decision of who may do what is made by this table:
 * `may(caller, action, resource)`.
 */
export const actions = {
  /** Agents' public records; of one's own also what others do not see. */
  readAgents: action("agents:read", "optional"),
  /** Agents by search, tags, cards and discovery documents: those that the caller sees. */
  readDirectory: action("directory:read", "optional"),
  /** Discovery documents that are the same for all. */
  readDocuments: action("directory:read", "public"),
  /** What of an agent's record is its owner's business. */
  inspectAgents: action("agents:inspect", "org"),
  /** Registers, changes, refreshes and deletes agents. */
  writeAgents: action("agents:write", "org"),
  /** Agents, and changes of agents, that wait to be approved or were refused. */
  readApprovals: action("approvals:read", "admin"),
  /** Approves and refuses them, and suspends agents. What whoever may do this registers and changes is approved as it comes. */
  writeApprovals: action("approvals:write", "admin"),
  /** To which organizations agents are granted. */
  readGrants: action("grants:read", "org"),
  writeGrants: action("grants:write", "org"),
  readCredentials: action("credentials:read", "org"),
  writeCredentials: action("credentials:write", "org"),
  readReviews: action("reviews:read", "optional"),
  writeReviews: action("reviews:write", "org"),
  /** The same where a gateway takes reviews of callers without a key. */
  writeAnonymousReviews: action("reviews:write", "optional"),
  /** Reviews agents that have done no task for the reviewer. */
  writeAnyReviews: action("reviews:write_any", "admin"),
  /** Sends tasks, and asks for them. Whether one needs a key, and who pays, is the agent's to say. */
  callTasks: byKeyAlone(action("tasks:call", "optional")),
  /** The same where the pipeline reads the keys itself: an agent's own may be among them. */
  sendTasks: byKeyAlone(action("tasks:call", "public")),
  /** Calls one's own agents without the keys that they ask of others. */
  callOwnAgents: byKeyAlone(action("tasks:call", "org")),
  /** Calls agents that have a price, and nobody pays. */
  callUnpaid: byKeyAlone(action("tasks:call_unpaid", "admin")),
  /** A2A tasks at one's own agents, or of one's own: whose they are and how they stand. */
  readTasks: action("tasks:read", "org"),
  /** Tells the gateway of a task: agents do, with a token of their own. */
  notifyTasks: action("tasks:notify", "public"),
  /** Follows what happens; each topic asks for its own action beside. */
  listen: action("events:read", "org", true),
  readLogs: action("logs:read", "org"),
  readUsage: action("usage:read", "org"),
  /** Whether the gateway is well. */
  readHealth: action("health:read", "public"),
  /** Whether agents are: those that the caller sees. */
  readAgentHealth: action("health:read", "optional"),
  /** Which nodes there are, and how this one is set. */
  readNodes: action("nodes:read", "admin"),
  readSettings: action("settings:read", "admin"),
  readMetrics: action("metrics:read", "admin"),
  readChains: action("chains:read", "org"),
  writeChains: action("chains:write", "org"),
  runChains: byKeyAlone(action("chains:run", "org")),
  /** How deployed agents fare, and what they have written. */
  readDeployments: action("deployments:read", "org"),
  /** Deploys and undeploys agents, and gives them secrets. */
  writeDeployments: action("deployments:write", "org"),
  readOrgs: action("orgs:read", "org"),
  writeOrgs: action("orgs:write", "org"),
  /** Creates, lists and deletes organizations. */
  manageOrgs: action("orgs:manage", "admin"),
  /** Sets what an organization may not set for itself where self-service is off. */
  setTerms: action("orgs:set_terms", "admin"),
  /** Whose key this is, and what it may do. */
  readMe: action("me:read", "org", true),
  /** Begins a browser's session, which may do what the key may that it is begun with. */
  openSessions: byKeyAlone(action("sessions:open", "org", true)),
  readSessions: action("sessions:read", "org", true),
  endSessions: action("sessions:end", "org", true),
  readKeys: action("keys:read", "org"),
  writeKeys: action("keys:write", "org"),
  /** Mints the organization's own key anew, which may do everything. */
  rotateOwnKey: action("keys:rotate_own", "org"),
  readAdminKeys: action("admin_keys:read", "admin"),
  writeAdminKeys: action("admin_keys:write", "admin"),
  readBilling: action("billing:read", "org"),
  readWallet: action("wallet:read", "org"),
  topUpWallet: action("wallet:topup", "org"),
  /** Credits a wallet by decree, however others have to pay. */
  creditWallet: action("wallet:credit", "admin"),
  /** Which tools an organization lists to its MCP clients. */
  readToolsets: action("toolsets:read", "org"),
  writeToolsets: action("toolsets:write", "org"),
  /** Who is told of what, and what was told. */
  readWebhooks: action("webhooks:read", "org"),
  /** Makes receivers of webhooks, changes, tests and deletes them, rotates their secrets, and resends. */
  writeWebhooks: action("webhooks:write", "org"),
  verifyLedger: action("ledger:verify", "admin"),
  /** What is for sale, and how. */
  readCatalog: action("catalog:read", "public"),
  /** The same where the caller's key tells what it sees. */
  browseCatalog: action("catalog:read", "optional"),
  /** Makes checkouts, completes them and reads what came of them; of one's own. */
  useCheckouts: byKeyAlone(action("checkouts:use", "org")),
  /** Cancels them: no money moves, and nobody is called. */
  cancelCheckouts: action("checkouts:use", "org"),
  /** The same where the route reads the key itself, which may come in two headers; and offers need none. */
  openCheckouts: byKeyAlone(action("checkouts:use", "public")),
  manageSigningKeys: action("signing_keys:manage", "admin"),
  /** Who changed what of an organization's. */
  readAudit: action("audit:read", "org"),
  /** Who changed anything. */
  readWholeAudit: action("audit:read_all", "admin"),
} as const satisfies Record<string, ListedAction>;

/** What may be given to a key. Minting the organization's own key anew would give all. */
const named = Object.values<ListedAction>(actions).filter(
  (action) => !action.needsNoScope && action !== actions.rotateOwnKey,
);
const scopesOf = (rights: readonly Right[]): readonly string[] => [
  ...new Set(named.filter(({ right }) => rights.includes(right)).map((action) => action.name)),
];

/** What the keys of organizations may be made for: all that needs one, and calling agents. */
export const orgScopes = scopesOf(["owner"]);
/** What the admin's further keys may be made for. */
export const adminScopes = scopesOf(["owner", "admin"]);
