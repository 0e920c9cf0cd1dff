import type * as wire from "@agentgate/protocol";
import { ApiKeys } from "./api-keys.ts";
import { CallLogs } from "./call-logs.ts";
import { type ChainEvent, readChainStream } from "./chain-stream.ts";
import { followEvents } from "./followed-events.ts";
import { type CallOptions, type Fetch, GatewayTransport } from "./gateway-transport.ts";
import type * as given from "./options.ts";
import { Statistics } from "./statistics.ts";
import { toTask } from "./task-request.ts";
import { readTaskStream, type TaskStreamEvent } from "./task-stream.ts";
import { toWireFields } from "./wire-fields.ts";

export interface AgentGateClientOptions {
  /** Where the gateway is: `https://gateway.example` */
  baseUrl: string;
  /** The admin key or an organization's. Public calls need none. */
  apiKey?: string | undefined;
  /** Instead of the global one. */
  fetch?: Fetch | undefined;
  /** Milliseconds a call may take; 30,000 by default, a little more than the gateway gives an agent. */
  timeoutMs?: number | undefined;
  /** Largest answer, or event of a stream, in characters; 33,554,432 by default. A larger one is `invalid_response`. */
  answerCharactersMax?: number | undefined;
  /** Entries of a list that is read page by page without a `limit`; 200,000 by default. A longer one is `invalid_response`. */
  entriesMax?: number | undefined;
}

const agentPath = (id: string, rest = "") => `/agents/${encodeURIComponent(id)}${rest}`;
const grantPath = (id: string, orgId: string) => agentPath(id, `/grants/${encodeURIComponent(orgId)}`);
const orgPath = (id: string, rest = "") => `/orgs/${encodeURIComponent(id)}${rest}`;
const chainPath = (id: string, rest = "") => `/chains/${encodeURIComponent(id)}${rest}`;
const deliveryPath = (id: string): string => `/webhooks/deliveries/${encodeURIComponent(id)}`;
const webhookPath = (id: string) => `/webhooks/endpoints/${encodeURIComponent(id)}`;
const checkoutPath = (id: string, rest = "") => `/ucp/checkout/${encodeURIComponent(id)}${rest}`;
const deployPath = (id: string, rest = "") => `/deploy/${encodeURIComponent(id)}${rest}`;

/** A page of a list. */
interface Page<T> {
  entries: T[];
  /** `before` of the next one; null on the last. */
  next: string | null;
}

/** A chain's run may take as long as its agents do, one after the other. */
const RUN_TIMEOUT_MS = 600_000;

/**
 * Calls an AgentGate gateway. Answers are the gateway's records as they are on the wire; every method throws
 * {@link GatewayError} when the gateway refuses or cannot be reached.
 *
 * @example
 * const gateway = new AgentGateClient({ baseUrl: "https://gateway.example", apiKey: "ag_…" });
 * const [agent] = await gateway.listAgents({ skill: "echo" });
 * const answer = await gateway.sendTask(agent.id, "Hello!");
 */
export class AgentGateClient {
  readonly #http: GatewayTransport;

  /** @throws TypeError when `baseUrl` is not an http(s) URL */
  constructor(options: AgentGateClientOptions) {
    this.#http = new GatewayTransport(options);
  }

  // Agents

  /** Newest first; all of them, page by page, unless a `limit` is given. */
  listAgents({ skill, tag, limit, offset, ...call }: given.ListAgentsOptions = {}): Promise<wire.Agent[]> {
    return this.#http.pages({ path: "/agents/", query: { skill, tag, limit, offset }, ...call });
  }

  searchAgents(options: given.SearchAgentsOptions = {}): Promise<wire.AgentSearchPage> {
    const { q, tags, skill, priceMax, ratingMin, protocol, health, sort, facets, limit, offset, ...call } = options;
    const filters = { price_max: priceMax, rating_min: ratingMin, protocol, health };
    const query = { q, tags: tags?.join(","), skill, ...filters, sort, facets: facets ? 1 : undefined, limit, offset };
    return this.#http.json({ path: "/agents/search", query, ...call });
  }

  /** The tags in use, by name. */
  async listTags(call?: CallOptions): Promise<wire.TagCount[]> {
    const all: wire.TagCount[] = [];
    const pages = this.#http.objects<{ tags: wire.TagCount[] }>({ path: "/agents/tags", ...call });
    for await (const { tags } of pages) for (const tag of tags ?? []) all.push(tag);
    return all;
  }

  getAgent(id: string, call?: CallOptions): Promise<wire.Agent> {
    return this.#http.json({ path: agentPath(id), ...call });
  }

  /**
   * Every agent of this name, newest first. Anybody may give an agent a name that others have: `orgId` says whose is meant.
   */
  getAgentsByName(name: string, options: given.ByNameOptions & { version?: string } = {}): Promise<wire.Agent[]> {
    const { version, orgId, ...call } = options;
    const query = { version, org_id: orgId };
    return this.#http.pages({ path: `/agents/by-name/${encodeURIComponent(name)}`, query, ...call });
  }

  /** The agent of this name that was registered last, by whomever, unless `orgId` says whose is meant. */
  getLatestAgent(name: string, options: given.ByNameOptions = {}): Promise<wire.Agent> {
    const { orgId, ...call } = options;
    const query = { org_id: orgId };
    return this.#http.json({ path: `/agents/by-name/${encodeURIComponent(name)}/latest`, query, ...call });
  }

  registerAgent(name: string, url: string, fields: given.NewAgent = {}, call?: CallOptions): Promise<wire.Agent> {
    return this.#http.json({ method: "POST", path: "/agents/", body: toWireFields({ ...fields, name, url }), ...call });
  }

  /** Registers an A2A agent by its card: the card's address, or the card itself. Fields win over what the card says. */
  registerAgentByCard(
    card: string | Readonly<Record<string, unknown>>,
    fields: given.AgentFields & Pick<given.NewAgent, "orgId"> = {},
    call?: CallOptions,
  ): Promise<wire.Agent> {
    const body = toWireFields({ ...fields, ...(typeof card === "string" ? { cardUrl: card } : { card }) });
    return this.#http.json({ method: "POST", path: "/agents/", body, ...call });
  }

  updateAgent(id: string, changes: given.AgentFields, call?: CallOptions): Promise<wire.Agent> {
    return this.#http.json({ method: "PUT", path: agentPath(id), body: toWireFields(changes), ...call });
  }

  /**
   * Shows an agent to an organization, or has it call the agent; in place of what was granted before. To whom it is shown counts while the
   * agent's visibility is `granted`.
   *
   * @param action `call` implies `discover`
   */
  setAgentGrant(
    id: string,
    orgId: string,
    action: "discover" | "call",
    { price = null, expiresAt = null }: given.GrantTerms = {},
    call?: CallOptions,
  ): Promise<wire.AgentGrant> {
    const expires_at = expiresAt instanceof Date ? expiresAt.toISOString() : expiresAt;
    const body = { actions: [action], price, expires_at };
    return this.#http.json({ method: "PUT", path: grantPath(id, orgId), body, ...call });
  }

  getAgentGrant(id: string, orgId: string, call?: CallOptions): Promise<wire.AgentGrant> {
    return this.#http.json({ path: grantPath(id, orgId), ...call });
  }

  /** A page of the organizations that an agent is granted to, newest first; `next` goes back as `before`. */
  listAgentGrants(
    id: string,
    { limit, before }: { limit?: number; before?: string } = {},
    call?: CallOptions,
  ): Promise<{ entries: wire.AgentGrant[]; next: string | null }> {
    return this.#http.json({ path: agentPath(id, "/grants"), query: { limit, before }, ...call });
  }

  async deleteAgentGrant(id: string, orgId: string, call?: CallOptions): Promise<void> {
    await this.#http.text({ method: "DELETE", path: grantPath(id, orgId), ...call });
  }

  async deleteAgent(id: string, call?: CallOptions): Promise<void> {
    await this.#http.text({ method: "DELETE", path: agentPath(id), ...call });
  }

  /** A page of what waits until the admin approves it, newest first; `next` goes back as `before`. */
  listApprovals(
    options: given.ApprovalOptions = {},
  ): Promise<{ entries: wire.AgentApprovalEntry[]; next: string | null }> {
    const { state, kind, orgId: org_id, before, limit, ...call } = options;
    return this.#http.json({ path: "/approvals", query: { state, kind, org_id, before, limit }, ...call });
  }

  /**
   * Approves an agent, or the change of it that waits.
   *
   * @param expected the `version` that was shown: nothing else is approved
   * @throws {@link GatewayError} 409 when something else waits by now
   */
  approveAgent(id: string, expected: string, reason?: string, call?: CallOptions): Promise<wire.Agent> {
    return this.#decide(id, "/approve", { expected, reason }, call);
  }

  /** Refuses an agent, or the change of it that waits; the owner is told why. */
  rejectAgent(id: string, reason: string, expected?: string, call?: CallOptions): Promise<wire.Agent> {
    return this.#decide(id, "/reject", { expected, reason }, call);
  }

  /** Nobody calls the agent any more, on any node within a second. */
  suspendAgent(id: string, reason: string, call?: CallOptions): Promise<wire.Agent> {
    return this.#decide(id, "/suspend", { reason }, call);
  }

  resumeAgent(id: string, reason?: string, call?: CallOptions): Promise<wire.Agent> {
    return this.#decide(id, "/resume", { reason }, call);
  }

  #decide(id: string, path: string, body: object, call: CallOptions | undefined): Promise<wire.Agent> {
    return this.#http.json({ method: "POST", path: agentPath(id, path), body, ...call });
  }

  /** The agent's A2A card, with the gateway as its address. */
  getAgentCard(id: string, call?: CallOptions): Promise<Record<string, unknown>> {
    return this.#http.json({ path: agentPath(id, "/card"), ...call });
  }

  /** What the gateway shows the agent in place of its callers' keys. Kept encrypted; it never comes back. */
  setAgentCredential(
    id: string,
    credential: given.AgentCredential,
    call?: CallOptions,
  ): Promise<{ type: given.AgentCredential["type"] }> {
    const body = toWireFields(credential);
    return this.#http.json({ method: "PUT", path: agentPath(id, "/credentials"), body, ...call });
  }

  /** Which kind of credential the agent is shown. @throws {@link GatewayError} 404 when it is shown none */
  getAgentCredential(id: string, call?: CallOptions): Promise<{ type: given.AgentCredential["type"] }> {
    return this.#http.json({ path: agentPath(id, "/credentials"), ...call });
  }

  async deleteAgentCredential(id: string, call?: CallOptions): Promise<void> {
    await this.#http.text({ method: "DELETE", path: agentPath(id, "/credentials"), ...call });
  }

  getAgentHealth(id: string, call?: CallOptions): Promise<wire.NamedAgentHealth> {
    return this.#http.json({ path: agentPath(id, "/health"), ...call });
  }

  /** The agent's calls, newest first. */
  getAgentLogs(id: string, { limit, offset, ...call }: given.PageOptions = {}): Promise<wire.LogEntry[]> {
    return this.#http.list({ path: agentPath(id, "/logs"), query: { limit, offset }, ...call });
  }

  getAgentUsage(id: string, call?: CallOptions): Promise<wire.AgentUsage> {
    return this.#http.json({ path: agentPath(id, "/usage"), ...call });
  }

  getAgentUsageBreakdown(id: string, options: given.UsageBreakdownOptions = {}): Promise<wire.UsageBreakdown> {
    const { period, days, ...call } = options;
    return this.#http.json({ path: agentPath(id, "/usage/breakdown"), query: { period, days }, ...call });
  }

  /** The calls themselves, by any filter. */
  get logs(): CallLogs {
    return new CallLogs(this.#http);
  }

  /** Calls over time, their largest parts, and how agents do. */
  get stats(): Statistics {
    return new Statistics(this.#http);
  }

  /** Reviews an agent; a caller's second review replaces the first. */
  reviewAgent(id: string, review: given.ReviewFields, call?: CallOptions): Promise<wire.Review> {
    return this.#http.json({ method: "POST", path: agentPath(id, "/reviews"), body: review, ...call });
  }

  listReviews(id: string, { limit, offset, ...call }: given.PageOptions = {}): Promise<wire.Review[]> {
    return this.#http.list({ path: agentPath(id, "/reviews"), query: { limit, offset }, ...call });
  }

  getReviewStats(id: string, call?: CallOptions): Promise<wire.ReviewStats> {
    return this.#http.json({ path: agentPath(id, "/reviews/stats"), ...call });
  }

  // Tasks

  /**
   * Has an agent do a task, given as text or as any A2A task. The answer is the agent's JSON; a priced agent's comes as
   * {@link wire.PricedAnswer}.
   */
  sendTask<Answer = unknown>(
    agentId: string,
    task: string | wire.TaskRequest,
    options: given.TaskOptions = {},
  ): Promise<Answer> {
    return this.#http.json({ method: "POST", ...this.#taskRequest(agentId, "/task", task, options) });
  }

  /** The same as a stream. Leaving the loop early cancels the task. */
  streamTask(
    agentId: string,
    task: string | wire.TaskRequest,
    options: given.TaskOptions = {},
  ): AsyncGenerator<TaskStreamEvent, void> {
    const request = this.#taskRequest(agentId, "/task/stream", task, options);
    const headers = { ...request.headers, accept: "text/event-stream" };
    return readTaskStream(this.#http.events({ method: "POST", ...request, headers }));
  }

  #taskRequest(agentId: string, path: string, task: string | wire.TaskRequest, options: given.TaskOptions) {
    const { agentApiKey, idempotencyKey, ...call } = options;
    const headers = {
      "idempotency-key": idempotencyKey,
      "x-agentgate-payer-key": agentApiKey === undefined ? undefined : this.#http.apiKey,
    };
    return { path: agentPath(agentId, path), body: toTask(task), apiKey: agentApiKey, headers, ...call };
  }

  // Organizations

  createOrg(name: string, fields: given.NewOrg = {}, call?: CallOptions): Promise<wire.CreatedOrg> {
    return this.#http.json({ method: "POST", path: "/orgs/", body: toWireFields({ ...fields, name }), ...call });
  }

  listOrgs({ limit, offset, ...call }: given.PageOptions = {}): Promise<wire.Org[]> {
    return this.#http.pages({ path: "/orgs/", query: { limit, offset }, ...call });
  }

  /** The organization whose key the client has. Throws with status 404 for the admin's key. */
  getMyOrg(call?: CallOptions): Promise<wire.MyOrg> {
    return this.#http.json({ path: "/orgs/me", ...call });
  }

  getOrg(id: string, call?: CallOptions): Promise<wire.Org> {
    return this.#http.json({ path: orgPath(id), ...call });
  }

  updateOrg(id: string, changes: given.OrgFields, call?: CallOptions): Promise<wire.Org> {
    return this.#http.json({ method: "PUT", path: orgPath(id), body: toWireFields(changes), ...call });
  }

  /** @param options.force deletes it with its balance, which is written off */
  async deleteOrg(id: string, { force, ...call }: CallOptions & { force?: boolean } = {}): Promise<void> {
    await this.#http.text({ method: "DELETE", path: orgPath(id), query: { force }, ...call });
  }

  listOrgAgents(id: string, call?: CallOptions): Promise<wire.Agent[]> {
    return this.#http.pages({ path: orgPath(id, "/agents"), ...call });
  }

  /** A new key; the old one works too until {@link confirmRotation}. */
  rotateKey(id: string, call?: CallOptions): Promise<wire.KeyRotation> {
    return this.#http.json({ method: "POST", path: orgPath(id, "/rotate-key"), ...call });
  }

  /** Ends the old key. */
  confirmRotation(id: string, call?: CallOptions): Promise<{ status: "rotation_confirmed" }> {
    return this.#http.json({ method: "POST", path: orgPath(id, "/confirm-rotation"), ...call });
  }

  /** Whose key is used, and what it may do: any key may ask. */
  me(call?: CallOptions): Promise<wire.Me> {
    return this.#http.json({ path: "/me", ...call });
  }

  /** A link that signs a browser in with this client's key, once, within `expires_in` seconds. */
  createSignInLink(call?: CallOptions): Promise<wire.SignInLink> {
    return this.#http.json({ method: "POST", path: "/session/codes", ...call });
  }

  /** Signs out every browser: of an organization or the admin, or, with a key that was made for something, of this key. */
  async endSessions(call?: CallOptions): Promise<void> {
    await this.#http.text({ method: "DELETE", path: "/sessions", ...call });
  }

  /** The further keys of an organization, or the admin's where `orgId` is null. */
  keysOf(orgId: string | null): ApiKeys {
    return new ApiKeys(this.#http, orgId);
  }

  getOrgWallet(id: string, call?: CallOptions): Promise<wire.Wallet> {
    return this.#http.json({ path: orgPath(id, "/wallet"), ...call });
  }

  /**
   * Adds money to a wallet, at once or, where the gateway uses a payment provider, once the checkout is paid.
   * With an idempotency key that has been used, nothing is added: the first answer comes again, with `replayed: true`.
   * @param amount US dollars
   */
  async topupOrg(
    id: string,
    amount: number,
    options: given.TopupOptions = {},
  ): Promise<(wire.Topup & { replayed?: true }) | wire.PendingTopup> {
    const { idempotencyKey, ...call } = options;
    const headers = { "idempotency-key": idempotencyKey };
    const { value, response } = await this.#http.answer<wire.Topup | wire.PendingTopup>({
      ...{ method: "POST", path: orgPath(id, "/topup"), body: { amount }, headers },
      ...call,
    });
    return response.headers.get("idempotency-replayed") === "true" ? { ...value, replayed: true } : value;
  }

  changeOrgTier(id: string, tier: wire.Tier, call?: CallOptions): Promise<wire.TierChange> {
    return this.#http.json({ method: "POST", path: orgPath(id, "/tier"), body: { tier }, ...call });
  }

  /** Newest first. */
  listOrgTransactions(id: string, options: given.ListTransactionsOptions = {}): Promise<wire.Transaction[]> {
    const { role, limit, offset, ...call } = options;
    return this.#http.list({ path: orgPath(id, "/transactions"), query: { role, limit, offset }, ...call });
  }

  getOrgTransactionSummary(id: string, call?: CallOptions): Promise<wire.TransactionSummary> {
    return this.#http.json({ path: orgPath(id, "/transactions/summary"), ...call });
  }

  getOrgBilling(id: string, call?: CallOptions): Promise<wire.OrgBilling> {
    return this.#http.json({ path: orgPath(id, "/billing"), ...call });
  }

  getOrgBillingBreakdown(id: string, call?: CallOptions): Promise<wire.OrgBillingBreakdown> {
    return this.#http.json({ path: orgPath(id, "/billing/breakdown"), ...call });
  }

  /** What has moved a wallet, newest first, with the balance after each. */
  listOrgEntries(id: string, options: given.BeforeOptions = {}): Promise<Page<wire.WalletEntry>> {
    const { before, limit, ...call } = options;
    return this.#http.json({ path: orgPath(id, "/entries"), query: { before, limit }, ...call });
  }

  /** What is put aside for calls under way; what lapses first before the rest. */
  listOrgHolds(id: string, options: given.BeforeOptions = {}): Promise<Page<wire.WalletHold>> {
    const { before, limit, ...call } = options;
    return this.#http.json({ path: orgPath(id, "/holds"), query: { before, limit }, ...call });
  }

  async listOrgLimits(id: string, call?: CallOptions): Promise<wire.OrgLimit[]> {
    return (await this.#http.json<Page<wire.OrgLimit>>({ path: orgPath(id, "/limits"), ...call })).entries;
  }

  /** The gateway's nodes. */
  async listNodes(call?: CallOptions): Promise<wire.GatewayNode[]> {
    return (await this.#http.json<Page<wire.GatewayNode>>({ path: "/nodes", ...call })).entries;
  }

  /** The settings of the node that answers, secrets masked. */
  async listSettings(call?: CallOptions): Promise<wire.GatewaySetting[]> {
    return (await this.#http.json<Page<wire.GatewaySetting>>({ path: "/settings", ...call })).entries;
  }

  /** What happens, as it happens: until the loop is left. After a break it goes on behind the last call that was told. */
  followEvents(options: given.EventOptions = {}): AsyncGenerator<wire.GatewayEvent, void> {
    const { topics, role, agentId, status, error, ...call } = options;
    const query = { topics: topics?.join(","), role, agent_id: agentId, status, error };
    const open = (lastEventId: string | undefined) =>
      this.#http.events({
        ...{ path: "/events", query, headers: { accept: "text/event-stream", "last-event-id": lastEventId } },
        ...call,
      });
    return followEvents(open, call.signal);
  }

  // Commerce

  /** The agents that are for sale, by name; the first thousand of them. */
  getUcpCatalog(call?: CallOptions): Promise<wire.UcpCatalog> {
    return this.#http.json({ path: "/ucp/catalog", ...call });
  }

  /** What the gateway tells UCP platforms of itself. */
  getUcpProfile(call?: CallOptions): Promise<Record<string, unknown>> {
    return this.#http.json({ path: "/.well-known/ucp", ...call });
  }

  /** Makes a checkout for one task, whose price stays as it is now. Nothing is done or paid before it is completed. */
  createCheckout(
    agentId: string,
    task: string | wire.TaskRequest,
    { idempotencyKey, ...call }: given.CheckoutOptions = {},
  ): Promise<wire.CheckoutSession> {
    const headers = { "idempotency-key": idempotencyKey };
    const body = { agent_id: agentId, task: toTask(task) };
    return this.#http.json({ method: "POST", path: "/ucp/checkout", body, headers, ...call });
  }

  getCheckout<Answer = unknown>(id: string, call?: CallOptions): Promise<wire.CheckoutSession<Answer>> {
    return this.#http.json({ path: checkoutPath(id), ...call });
  }

  /** Has the task of a checkout done, and pays for it, once however often it is asked for. One that failed may be completed again. */
  completeCheckout<Answer = unknown>(
    id: string,
    { idempotencyKey, ...call }: given.CheckoutOptions = {},
  ): Promise<wire.CheckoutSession<Answer>> {
    const headers = { "idempotency-key": idempotencyKey };
    return this.#http.json({ method: "POST", path: checkoutPath(id, "/complete"), headers, ...call });
  }

  // Chains

  /** Agents that work one after the other, each with what the one before said. */
  createChain(
    name: string,
    steps: readonly given.ChainStepFields[],
    fields: given.NewChain = {},
    call?: CallOptions,
  ): Promise<wire.Chain> {
    const body = toWireFields({ ...fields, name, steps: steps.map(toWireFields) });
    return this.#http.json({ method: "POST", path: "/chains/", body, ...call });
  }

  /** The caller's, newest first; to the admin, everybody's. All of them, page by page, unless a `limit` is given. */
  listChains({ limit, ...call }: CallOptions & { limit?: number | undefined } = {}): Promise<wire.Chain[]> {
    return this.#http.pages({ path: "/chains/", query: { limit }, ...call });
  }

  getChain(id: string, call?: CallOptions): Promise<wire.Chain> {
    return this.#http.json({ path: chainPath(id), ...call });
  }

  updateChain(id: string, { steps, ...changes }: given.ChainFields, call?: CallOptions): Promise<wire.Chain> {
    const body = toWireFields({ ...changes, ...(steps && { steps: steps.map(toWireFields) }) });
    return this.#http.json({ method: "PUT", path: chainPath(id), body, ...call });
  }

  async deleteChain(id: string, call?: CallOptions): Promise<void> {
    await this.#http.text({ method: "DELETE", path: chainPath(id), ...call });
  }

  /** Runs a chain. One that fails on the way is answered too: `status` tells, and the last entry of `trace` says why. */
  runChain(id: string, input = "", options: given.RunOptions = {}): Promise<wire.ChainRun> {
    return this.#http.json({ method: "POST", ...this.#runRequest(id, "/run", input, options) });
  }

  /** The same, told step by step. Leaving the loop early stops the run. */
  streamChain(id: string, input = "", options: given.RunOptions = {}): AsyncGenerator<ChainEvent, void> {
    const request = this.#runRequest(id, "/run/stream", input, options);
    const headers = { ...request.headers, accept: "text/event-stream" };
    return readChainStream(this.#http.events({ method: "POST", ...request, headers }));
  }

  #runRequest(id: string, path: string, input: string, { idempotencyKey, ...call }: given.RunOptions) {
    const headers = { "idempotency-key": idempotencyKey };
    return { path: chainPath(id, path), body: { input }, headers, timeoutMs: RUN_TIMEOUT_MS, ...call };
  }

  // Webhooks

  /** Who is told of what happens, newest first: endpoints, and agents' `webhook_url`s. To the admin, everybody's. */
  async listWebhookEndpoints(call?: CallOptions): Promise<wire.WebhookEndpoint[]> {
    const all: wire.WebhookEndpoint[] = [];
    for (let before: string | undefined; ; ) {
      const query = { limit: 500, before };
      const request = { path: "/webhooks/endpoints", query, ...call };
      const page = await this.#http.json<{ entries: wire.WebhookEndpoint[]; next: string | null }>(request);
      all.push(...page.entries);
      if (page.next === null || page.next === before) return all;
      before = page.next;
    }
  }

  /** The answer's `secret` signs what is sent, and is shown this once. The admin says whose the endpoint is. */
  createWebhookEndpoint(
    url: string,
    fields: given.WebhookEndpointFields & { orgId?: string | undefined } = {},
    call?: CallOptions,
  ): Promise<wire.NewWebhookEndpoint> {
    const body = toWireFields({ ...fields, url });
    return this.#http.json({ method: "POST", path: "/webhooks/endpoints", body, ...call });
  }

  updateWebhookEndpoint(
    id: string,
    changes: given.WebhookEndpointFields,
    call?: CallOptions,
  ): Promise<wire.WebhookEndpoint> {
    return this.#http.json({ method: "PUT", path: webhookPath(id), body: toWireFields(changes), ...call });
  }

  async deleteWebhookEndpoint(id: string, call?: CallOptions): Promise<void> {
    await this.#http.text({ method: "DELETE", path: webhookPath(id), ...call });
  }

  /** A new secret, shown this once; the one before signs beside it for a day. */
  rotateWebhookSecret(id: string, call?: CallOptions): Promise<wire.NewWebhookEndpoint> {
    return this.#http.json({ method: "POST", path: `${webhookPath(id)}/rotate-secret`, ...call });
  }

  /** The same for an agent's `webhook_url`. */
  rotateAgentWebhookSecret(id: string, call?: CallOptions): Promise<{ agent_id: string; webhook_secret: string }> {
    return this.#http.json({ method: "POST", path: agentPath(id, "/webhook/rotate-secret"), ...call });
  }

  /** Sends an event `webhook.test`. What became of it, {@link getWebhookDelivery} tells a moment later. */
  sendWebhookTest(id: string, call?: CallOptions): Promise<wire.WebhookDelivery> {
    return this.#http.json({ method: "POST", path: `${webhookPath(id)}/test`, ...call });
  }

  /** A page of what was and is to be told, newest first; `next` goes back as `before`. */
  listWebhookDeliveries(
    options: given.WebhookDeliveryOptions = {},
  ): Promise<{ entries: wire.WebhookDelivery[]; next: string | null }> {
    const { endpointId: endpoint_id, agentId: agent_id, event, status, before, limit, ...call } = options;
    const query = { endpoint_id, agent_id, event, status, before, limit };
    return this.#http.json({ path: "/webhooks/deliveries", query, ...call });
  }

  getWebhookDelivery(id: string, call?: CallOptions): Promise<wire.WebhookDeliveryDetails> {
    return this.#http.json({ path: deliveryPath(id), ...call });
  }

  /** Tells it again, under the id it had; one that waits is tried now. */
  sendWebhookAgain(id: string, call?: CallOptions): Promise<wire.WebhookDeliveryDetails> {
    return this.#http.json({ method: "POST", path: `${deliveryPath(id)}/resend`, ...call });
  }

  /** The same for all of an endpoint's of a time, a thousand or fewer at once: `next` goes back as `after`. */
  sendWebhooksAgain(
    endpointId: string,
    range: given.WebhookResend,
    call?: CallOptions,
  ): Promise<{ resent: number; next: string | null }> {
    const body = toWireFields({ ...range, endpointId });
    return this.#http.json({ method: "POST", path: "/webhooks/deliveries/resend", body, ...call });
  }

  // Deployments

  /** @param archive a `.tar.gz` of the agent's directory */
  deployAgent(archive: Blob, fields: given.DeployFields = {}, call?: CallOptions): Promise<wire.Deployment> {
    const form = new FormData();
    // The gateway reads the fields before the file.
    for (const [name, value] of Object.entries(fields)) if (value !== undefined) form.set(name, value);
    form.set("file", archive, "agent.tar.gz");
    return this.#http.json({ method: "POST", path: "/deploy/", body: form, ...call });
  }

  getDeployment(agentId: string, call?: CallOptions): Promise<wire.DeploymentStatus> {
    return this.#http.json({ path: deployPath(agentId, "/status"), ...call });
  }

  /** @param options.tail how many lines from the end, 100 by default */
  getDeploymentLogs(agentId: string, options: CallOptions & { tail?: number } = {}): Promise<wire.DeploymentLogs> {
    const { tail, ...call } = options;
    return this.#http.json({ path: deployPath(agentId, "/logs"), query: { tail }, ...call });
  }

  /** What an agent has written, line by line, and what it writes until the loop is left. */
  async *followDeploymentLogs(
    agentId: string,
    { tail, ...call }: CallOptions & { tail?: number } = {},
  ): AsyncGenerator<string, void> {
    const query = { tail, follow: "1" };
    for await (const { event, data } of this.#http.events({ path: deployPath(agentId, "/logs"), query, ...call }))
      if (event === "log") yield data;
  }

  listDeploymentSecrets(agentId: string, call?: CallOptions): Promise<wire.DeploymentSecrets> {
    return this.#http.json({ path: deployPath(agentId, "/secrets"), ...call });
  }

  /** Sets environment variables of a deployed agent, kept encrypted; null forgets one. A running agent is replaced by one that has them. */
  setDeploymentSecrets(
    agentId: string,
    changes: Readonly<Record<string, string | null>>,
    call?: CallOptions,
  ): Promise<wire.DeploymentSecrets> {
    return this.#http.json({ method: "PUT", path: deployPath(agentId, "/secrets"), body: changes, ...call });
  }

  undeployAgent(agentId: string, call?: CallOptions): Promise<{ status: "undeployed"; agent_id: string }> {
    return this.#http.json({ method: "DELETE", path: deployPath(agentId), ...call });
  }

  // Audit

  /** A page of who changed what, newest first; `next` goes back as `before`. Admin only. */
  listAudit({ orgId, ...options }: given.AuditOptions & { orgId?: string } = {}): Promise<wire.AuditPage> {
    const { query, call } = auditRequest(options);
    return this.#http.json({ path: "/audit", query: { ...query, org_id: orgId }, ...call });
  }

  /** The same of an organization. */
  listOrgAudit(id: string, options: given.AuditOptions = {}): Promise<wire.AuditPage> {
    const { query, call } = auditRequest(options);
    return this.#http.json({ path: orgPath(id, "/audit"), query, ...call });
  }

  /**
   * All of it that matches, oldest first, as text that comes in pieces: lines of JSON, or CSV.
   * @param options `orgId`: of this organization, as it sees it; without one, everything, as the admin sees it
   */
  exportAudit(
    format: "ndjson" | "csv",
    { orgId, ...options }: Omit<given.AuditOptions, "before" | "limit"> & { orgId?: string } = {},
  ): AsyncGenerator<string, void> {
    const { query, call } = auditRequest(options);
    const path = orgId === undefined ? "/audit" : orgPath(orgId, "/audit");
    return this.#http.pieces({ path, query: { ...query, format }, ...call });
  }

  /** Walks the whole ledger and tells what is wrong with it, if anything. Admin only. */
  verifyLedger(call?: CallOptions): Promise<wire.LedgerReport> {
    return this.#http.json({ path: "/admin/ledger/verify", ...call });
  }

  // Health, metrics, discovery

  /** Whether the gateway lives, and its version. */
  health(call?: CallOptions): Promise<wire.GatewayHealth> {
    return this.#http.json({ path: "/health", ...call });
  }

  /** Whether the gateway can work: its database and Redis. Throws with status 503 while it cannot. */
  readiness(call?: CallOptions): Promise<Record<string, unknown>> {
    return this.#http.json({ path: "/health/ready", ...call });
  }

  /** What the last checks found, by agent id. */
  async agentsHealth(call?: CallOptions): Promise<Record<string, wire.AgentHealth>> {
    const all: Record<string, wire.AgentHealth> = {};
    const pages = this.#http.objects<Record<string, wire.AgentHealth>>({ path: "/health/agents", ...call });
    for await (const page of pages) Object.assign(all, page);
    return all;
  }

  metrics(call?: CallOptions): Promise<wire.TaskMetricsReport> {
    return this.#http.json({ path: "/metrics", ...call });
  }

  /** The metrics in Prometheus' text format. */
  async metricsText(call?: CallOptions): Promise<string> {
    const { text } = await this.#http.text({ path: "/metrics", headers: { accept: "text/plain" }, ...call });
    return text;
  }

  /** The gateway's own A2A card, which names its agents. */
  discovery(call?: CallOptions): Promise<Record<string, unknown>> {
    return this.#http.json({ path: "/.well-known/agent.json", ...call });
  }
}

/** What is asked of the audit log. */
function auditRequest({ requestId, actor, action, target, from, to, before, limit, ...call }: given.AuditOptions) {
  return { query: { actor, action, target, request_id: requestId, from, to, before, limit }, call };
}
