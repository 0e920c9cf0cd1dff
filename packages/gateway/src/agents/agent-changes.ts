import type { Transaction } from "kysely";
import { actions, may } from "../access/index.ts";
import type { AuditLog, By } from "../audit/index.ts";
import { type Principal, Problem } from "../http/index.ts";
import type { Timestamps } from "../runtime/index.ts";
import type { Database } from "../storage/index.ts";
import { type Agent, shareOwner } from "./agent.ts";
import { agentChange } from "./agent-audit.ts";
import type { AgentWebhooks } from "./agent-webhooks.ts";
import type { ApprovalMode } from "./approval/approval.ts";
import { applied, type CardText } from "./approval/change.ts";
import { findChange, putChange } from "./approval/change-store.ts";
import { cardOf, type Revise, type Revision, revision } from "./approval/revision.ts";
import type { FoundCard } from "./card-finder.ts";
import { type AgentCards, type CardFate, fateOfCard, followCard, type StoredCard, toStoredCard } from "./cards.ts";
import { demandCovered, demandKnownSkills, prunedPrices } from "./skills/prices.ts";
import type { AgentStore } from "./store.ts";

export interface AgentChangesOptions {
  store: AgentStore;
  cards: AgentCards;
  webhooks: AgentWebhooks;
  auditLog: AuditLog;
  timestamps: Timestamps;
  /** What needs approval. */
  approval: ApprovalMode;
}

/** A new card of an agent. */
export interface GainedCard {
  found: FoundCard | undefined;
  /** Where a request says that its tasks go. */
  address: string | undefined;
  /** Where the agent was when the card was looked for: it is not the card of one that has moved meanwhile. */
  at?: string;
  /** Somebody waits for just this card: that it comes too late is told, and nothing is changed. */
  isDemanded?: boolean;
}

export const NO_CARD: GainedCard = { found: undefined, address: undefined };

/** What else is to be known of a change. */
export interface ChangeTerms {
  by: By;
  /** The request names a `webhook_url`, be it the one it has. */
  saysWebhook?: boolean;
  /** The request says what skills cost: each must be one of the agent's. */
  saysPrices?: boolean;
  needsApproval: boolean;
  /** Written in the same transaction, of the agent as it is from then on. */
  along?(trx: Transaction<Database>, agent: Agent): Promise<void>;
  /** Of an agent that was not approved: that it is otherwise now is a reason to look at it again. */
  asksAgain?: boolean;
}

export interface ChangedRecord {
  /** As it is called from now on. */
  agent: Agent;
  /** As it is to be, when what waits is approved. */
  proposed: Agent;
  /** Of a `webhook_url` that is new. */
  webhookSecret: string | undefined;
}

/** Changes agents that are registered: at once, or so that what needs approval waits for it. */
export class AgentChanges {
  readonly #options: AgentChangesOptions;

  constructor(options: AgentChangesOptions) {
    this.#options = options;
  }

  /** Whether what this caller says of its agents needs approval. Whoever may give it needs none. */
  needsApproval(caller: Principal, what: "new" | "changes"): boolean {
    const { approval } = this.#options;
    return (approval === "changes" || approval === what) && !may(caller, actions.writeApprovals);
  }

  /** The same of what the gateway itself finds out, as of the organization whose agent it is. */
  findingsNeedApproval({ orgId }: Agent): boolean {
    return this.#options.approval === "changes" && orgId !== null;
  }

  /** The agent and its card as they will be when what waits is approved: what the next change is made of. */
  async asProposed(agent: Agent): Promise<{ agent: Agent; stored: StoredCard | undefined }> {
    const { store, cards } = this.#options;
    const stored = await cards.find(agent.id);
    const change = agent.approval.change === "pending" ? await findChange(store.db, agent.id) : undefined;
    if (change?.state !== "pending") return { agent, stored };
    return { agent: applied(agent, change), stored: cardOf(change.card, stored, this.#storedCardOf(agent)) };
  }

  /** What a change by this caller is made of. */
  async toChange(agent: Agent, caller: Principal): Promise<{ agent: Agent; stored: StoredCard | undefined }> {
    if (this.needsApproval(caller, "changes")) return this.asProposed(agent);
    return { agent, stored: await this.#options.cards.find(agent.id) };
  }

  /**
   * Changes an agent, by a new card where there is one and then by `edit`. Undefined when it is gone.
   * @throws Problem 409 for a card that is demanded and comes too late, 422 for prices that do not fit
   */
  async change(
    id: string,
    card: GainedCard,
    edit: (agent: Agent) => Agent,
    { by, saysWebhook = false, saysPrices = false, needsApproval, asksAgain = false, along }: ChangeTerms,
  ): Promise<ChangedRecord | undefined> {
    const { store, cards, webhooks, auditLog, timestamps } = this.#options;
    const stored = await cards.find(id);
    let proposedBefore: Agent | undefined;
    let revised: Revision | undefined;
    let webhookSecret: string | undefined;
    const agent = await store.update(
      id,
      async (current, trx) => {
        const found = current.approval.change === "pending" ? await findChange(trx, id) : undefined;
        const waiting = found?.state === "pending" ? found : undefined;
        proposedBefore = waiting ? applied(current, waiting) : current;
        const revise = reviseBy(card, edit, saysPrices);
        const storedCard = this.#storedCardOf(current);
        const now = timestamps;
        revised = revision({ current, card: stored, waiting, needsApproval, asksAgain, revise, storedCard, now });
        return isSame(current, revised.agent) ? revised.agent : { ...revised.agent, updatedAt: timestamps() };
      },
      async (trx, note, change) => {
        const { fate, waiting } = revised!;
        await cards.settle(trx, id, fate);
        await along?.(trx, change.after);
        if (change.after.approval.change !== "rejected" && (waiting || change.before.approval.change)) {
          await putChange(trx, id, waiting);
        }
        webhookSecret = await webhooks.changed(trx, note, change, { by, saysWebhook });
        const after =
          fate.kind === "replaced" ? fate.by.original : fate.kind === "dropped" ? undefined : stored?.original;
        const proposed = { before: proposedBefore!, after: revised!.proposed };
        const alongside = { card: { before: stored?.original, after }, webhookSecret, proposed };
        await auditLog.rowIn(trx, by, agentChange("changed", change.before, change.after, alongside));
      },
    );
    return agent && { agent, proposed: revised!.proposed, webhookSecret };
  }

  #storedCardOf(agent: Agent): (card: CardText) => StoredCard | undefined {
    const fetchedAt = this.#options.timestamps();
    const rest = { fetchedAt, agentUpdatedAt: agent.updatedAt, owner: shareOwner(agent) };
    return (card) => toStoredCard(card, rest);
  }
}

/** Whether nothing takes effect but that something waits. */
const isSame = (before: Agent, after: Agent): boolean =>
  before.approval.change !== after.approval.change &&
  (Object.keys(after) as (keyof Agent)[]).every((field) => field === "approval" || before[field] === after[field]);

/** What a card and an edit make of an agent. @throws Problem 409 for a card that somebody waits for and that comes too late, 422 */
const reviseBy =
  (card: GainedCard, edit: (agent: Agent) => Agent, saysPrices: boolean): Revise =>
  (current, stored) => {
    const edited = edit(current);
    const isLate = card.at !== undefined && card.at !== current.url;
    if (isLate && card.isDemanded) throw hasMoved();
    const { found, address } = isLate ? NO_CARD : card;
    const fate = fateOfCard(stored, { from: current, to: edited, found, address });
    const followed = fate.kind === "replaced" ? edit(followCard(current, fate.by.card, stored?.card)) : edited;
    // Where tasks go whatever a card says, the agent stays: nobody has judged the addresses of such a card.
    const { url } = fate.kind === "replaced" && fate.address !== undefined ? edited : followed;
    const revised = { ...followed, url, protocol: protocolAfter(fate, current) };
    if (saysPrices) demandKnownSkills(revised);
    const agent = prunedPrices(revised);
    demandCovered(agent);
    return { agent, fate };
  };

function protocolAfter({ kind }: CardFate, before: Agent): Agent["protocol"] {
  if (kind === "kept") return before.protocol;
  return kind === "dropped" ? "plain" : "a2a";
}

const hasMoved = () =>
  new Problem(409, "The agent's address was changed while its card was fetched; refresh it again", {
    code: "agent_moved",
  });
