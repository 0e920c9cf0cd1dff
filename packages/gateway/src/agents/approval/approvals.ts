import type { Kysely, Transaction } from "kysely";
import type { AuditLog, By } from "../../audit/index.ts";
import { notFound, Problem } from "../../http/index.ts";
import type { Timestamps } from "../../runtime/index.ts";
import type { Database, Storage } from "../../storage/index.ts";
import type { Announcer } from "../../webhooks/index.ts";
import type { Agent } from "../agent.ts";
import { agentChange } from "../agent-audit.ts";
import type { AgentWebhooks } from "../agent-webhooks.ts";
import type { CardIntake } from "../card-intake.ts";
import type { AgentCards } from "../cards.ts";
import { demandCovered } from "../skills/prices.ts";
import type { AgentStore } from "../store.ts";
import type { Approval } from "./approval.ts";
import { type ApprovalFilter, listApprovals } from "./approval-store.ts";
import { type AgentChange, applied, cardAfter, type Proposal, versionOf } from "./change.ts";
import { findChange, putChange } from "./change-store.ts";

export interface ApprovalsOptions {
  storage: Storage;
  store: AgentStore;
  cards: AgentCards;
  webhooks: AgentWebhooks;
  announcer: Pick<Announcer, "announceIn">;
  auditLog: AuditLog;
  intake: Pick<CardIntake, "judgeAgain">;
  timestamps: Timestamps;
  /** Told of every agent whose record this changes. */
  onChanged(agent: Agent): void;
}

/** What the owner is told that was decided. */
export type Decision = "approved" | "rejected" | "suspended" | "resumed";

/** Who decides says why, and about what. */
export interface Verdict {
  by: By;
  reason: string | null;
  /** The version of what is decided about, as it was shown. */
  expected: string | undefined;
}

/** What was, or may be, decided of an agent. */
export interface ApprovalRecord {
  agent: Agent;
  /** What waits or was refused: the agent itself, or a change of it. */
  proposal: Proposal | undefined;
}

/** Approves agents and their changes, or does not. Two who decide at once, and an owner who changes meanwhile, take turns at the row. */
export class Approvals {
  readonly #options: ApprovalsOptions;

  constructor(options: ApprovalsOptions) {
    this.#options = options;
  }

  /** @throws Problem 404 */
  async show(id: string): Promise<ApprovalRecord> {
    const { store } = this.#options;
    const agent = await store.find(id);
    if (!agent) throw notFound("Agent");
    return { agent, proposal: await this.proposalOf(agent) };
  }

  /** What waits of this agent, or was refused; undefined for nothing, and then nothing is looked up. */
  async proposalOf(agent: Agent): Promise<Proposal | undefined> {
    const isOpen = kindOf(agent) === "agent" || agent.approval.change !== null;
    return isOpen ? this.#proposal(this.#options.store.db, agent) : undefined;
  }

  /** A page of what waits, was refused or is suspended, newest first. */
  async list(filter: ApprovalFilter, page: { limit: number; before?: string | undefined }) {
    const { storage, store } = this.#options;
    const { places, next } = await listApprovals(storage, filter, page);
    const records: (ApprovalRecord & { kind: "agent" | "change" })[] = [];
    for (const { agentId, kind } of places) {
      const agent = await store.find(agentId);
      // One that was decided about meanwhile is left out.
      const stateNow = kind === "agent" ? agent?.approval.state : agent?.approval.change;
      if (!agent || stateNow !== filter.state) continue;
      const isSuspended = kind === "agent" && filter.state === "suspended";
      records.push({ agent, kind, proposal: isSuspended ? undefined : await this.proposalOf(agent) });
    }
    return { records, next };
  }

  /**
   * Lets the agent, or its change, take effect exactly as it was shown.
   * @throws Problem 404, 409 when something else waits than was shown, or nothing, 400 for an address that may not be called any more
   */
  async approve(id: string, { by, reason, expected }: Verdict): Promise<Agent> {
    const { cards, webhooks } = this.#options;
    const { agent, proposal } = await this.show(id);
    if (!proposal) throw nothingWaits(agent);
    demandVersion(proposal, expected);
    // What was safe when it was said may lead elsewhere by now.
    await this.#options.intake.judgeAgain(proposal.after.agent, proposal.after.card);
    let change: AgentChange | undefined;
    return this.#decide(
      id,
      "approved",
      { by, reason },
      {
        decide: async (current, trx) => {
          const now = await this.#proposal(trx, current);
          if (!now) throw nothingWaits(current);
          demandVersion(now, expected);
          const isSuspended = current.approval.state === "suspended";
          const approval = isSuspended ? current.approval : this.#now("approved", reason);
          if (now.kind === "change") change = await findChange(trx, id);
          // What it costs by now was not a part of what waits.
          demandCovered(now.after.agent);
          return { ...now.after.agent, approval: { ...approval, change: null }, updatedAt: this.#options.timestamps() };
        },
        along: async (trx, note, { before, after }) => {
          if (change) {
            await cards.apply(trx, id, change.card);
            await putChange(trx, id, undefined);
          }
          await webhooks.changed(trx, note, { before, after }, { by, saysWebhook: false });
        },
      },
    );
  }

  /** @throws Problem 404, 409 when something else waits than was shown, or nothing */
  reject(id: string, { by, reason, expected }: Verdict): Promise<Agent> {
    let change: AgentChange | undefined;
    return this.#decide(
      id,
      "rejected",
      { by, reason },
      {
        decide: async (current, trx) => {
          const proposal = await this.#proposal(trx, current);
          if (proposal?.state !== "pending") throw nothingWaits(current);
          if (expected !== undefined) demandVersion(proposal, expected);
          if (proposal.kind === "agent")
            return { ...current, approval: { ...this.#now("rejected", reason), change: null } };
          change = { ...(await findChange(trx, id))!, state: "rejected", reason, since: this.#options.timestamps() };
          return { ...current, approval: { ...current.approval, change: "rejected" } };
        },
        along: async (trx) => {
          if (change) await putChange(trx, id, change);
        },
      },
    );
  }

  /** From now on it is called no more. @throws Problem 404, 409 for one that was never approved */
  suspend(id: string, { by, reason }: Omit<Verdict, "expected">): Promise<Agent> {
    return this.#decide(
      id,
      "suspended",
      { by, reason },
      {
        decide: (current) => {
          const { state, change } = current.approval;
          if (state === "pending" || state === "rejected") throw neverApproved(state);
          return { ...current, approval: { ...this.#now("suspended", reason), change } };
        },
      },
    );
  }

  /** It is called again. @throws Problem 404, 409 for one that is not suspended */
  resume(id: string, { by, reason }: Omit<Verdict, "expected">): Promise<Agent> {
    return this.#decide(
      id,
      "resumed",
      { by, reason },
      {
        decide: (current) => {
          const { state, change } = current.approval;
          if (state !== "suspended") throw new Problem(409, "This agent is not suspended", { code: "not_suspended" });
          return { ...current, approval: { ...this.#now("approved", reason), change } };
        },
      },
    );
  }

  async #decide(
    id: string,
    decision: Decision,
    { by, reason }: Omit<Verdict, "expected">,
    { decide, along }: { decide: Parameters<AgentStore["update"]>[1]; along?: Parameters<AgentStore["update"]>[2] },
  ): Promise<Agent> {
    const { store, announcer, auditLog } = this.#options;
    const agent = await store.update(id, decide, async (trx, note, change) => {
      await along?.(trx, note, change);
      const { before, after } = change;
      await auditLog.rowIn(trx, by, agentChange(decision, before, after));
      const { id: agentId, name, orgId } = after;
      const isOfAgent = kindOf(before) === "agent" || decision === "suspended" || decision === "resumed";
      const told = { decision, kind: isOfAgent ? "agent" : "change", reason, state: after.approval.state };
      const fields = { agent_id: agentId, agent_name: name, ...told };
      await announcer.announceIn(trx, { event: "agent.approval", orgId, agentId, fields });
    });
    if (!agent) throw notFound("Agent");
    this.#options.onChanged(agent);
    return agent;
  }

  #now(state: Approval["state"], reason: string | null): Omit<Approval, "change"> {
    return { state, reason, since: this.#options.timestamps() };
  }

  async #proposal(db: Kysely<Database> | Transaction<Database>, agent: Agent): Promise<Proposal | undefined> {
    const { cards } = this.#options;
    const card = await cards.read(db, agent.id);
    if (kindOf(agent) === "agent") {
      const { state, reason, since } = agent.approval;
      const after = { agent, card };
      return { kind: "agent", ...{ state, reason, since: since ?? agent.createdAt }, before: undefined, after };
    }
    const change = await findChange(db, agent.id);
    return (
      change && {
        kind: "change",
        ...{ state: change.state, reason: change.reason, since: change.since },
        before: { agent, card },
        after: { agent: applied(agent, change), card: cardAfter(card, change.card) },
      }
    );
  }
}

/** What of an agent there is to decide about. */
const kindOf = ({ approval: { state } }: Agent): Proposal["kind"] =>
  state === "pending" || state === "rejected" ? "agent" : "change";

function demandVersion(proposal: Proposal, expected: string | undefined): void {
  if (expected === versionOf(proposal)) return;
  throw new Problem(
    409,
    "What waits is not what was shown to you: it was changed meanwhile. Look at it again, and decide about that",
    { code: "approval_changed" },
  );
}

const nothingWaits = ({ approval: { state } }: Agent) =>
  new Problem(409, `Nothing of this agent waits for approval: it is ${state}`, { code: "nothing_waits" });

const neverApproved = (state: string) =>
  new Problem(
    409,
    state === "pending"
      ? "This agent is not called before it is approved: reject it instead"
      : "This agent was rejected, and is not called",
    { code: "never_approved" },
  );
