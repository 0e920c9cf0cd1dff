import type { Micros } from "../../runtime/index.ts";
import type { Agent } from "../agent.ts";
import type { CardFate, StoredCard } from "../cards.ts";
import type { Approval } from "./approval.ts";
import { type AgentChange, applied, type CardChange, type CardText, KEPT } from "./change.ts";
import { pick, pinnedDifferences, pinnedFields } from "./pinned.ts";

/** What a request makes of an agent and its card. */
export type Revise = (agent: Agent, card: StoredCard | undefined) => { agent: Agent; fate: CardFate };

export interface RevisionOptions {
  /** As it is called now. */
  current: Agent;
  card: StoredCard | undefined;
  /** The change that waits, if one does. */
  waiting: AgentChange | undefined;
  /** Whether whoever asks for this needs approval. */
  needsApproval: boolean;
  /** Whether an agent that was refused waits again when it is changed. */
  asksAgain: boolean;
  revise: Revise;
  /** The card as one of this agent's. */
  storedCard(card: CardText): StoredCard | undefined;
  now(): Micros;
}

/** What takes effect at once, and what waits from now on. */
export interface Revision {
  agent: Agent;
  /** As the agent is to be when what waits is approved. */
  proposed: Agent;
  /** Of the card that serves. */
  fate: CardFate;
  /** Undefined for none. */
  waiting: AgentChange | undefined;
}

/**
 * An approved agent that needs approval to be changed stays as it was, but for what is its owner's own business: the change waits,
 * together with those that wait already. Everything else takes effect at once, in place of what waited for the same fields.
 */
export function revision(options: RevisionOptions): Revision {
  const { current, needsApproval } = options;
  const wasApproved = current.approval.state === "approved" || current.approval.state === "suspended";
  return needsApproval && wasApproved ? held(options) : atOnce(options);
}

function held({ current, card, waiting, revise, storedCard, now }: RevisionOptions): Revision {
  const base = waiting ? applied(current, waiting) : current;
  const baseCard = waiting ? cardOf(waiting.card, card, storedCard) : card;
  const { agent: proposed, fate } = revise(base, baseCard);
  const change = cardChange(fate, { before: waiting?.card ?? KEPT, base: baseCard, serving: card });
  const fields = pick(proposed, pinnedDifferences(current, proposed));
  const isEmpty = Object.keys(fields).length === 0 && change.kind === "kept";
  const next: AgentChange | undefined = isEmpty
    ? undefined
    : { state: "pending", reason: null, since: waiting?.since ?? now(), fields, card: change };
  // A refused change is told of until there is another one.
  const state = next ? "pending" : current.approval.change === "pending" ? null : current.approval.change;
  const agent = withChange({ ...proposed, ...pick(current, pinnedFields) }, state);
  return { agent, proposed, fate: { kind: "kept" }, waiting: next };
}

function atOnce({ current, card, waiting, asksAgain, revise, now }: RevisionOptions): Revision {
  const { agent, fate } = revise(current, card);
  const changed = pinnedDifferences(current, agent);
  // One that is said to be plain drops the card that it may never have had.
  const isCardKept = fate.kind === "kept" || (fate.kind === "dropped" && !card);
  if (asksAgain && current.approval.state === "rejected" && (changed.length > 0 || !isCardKept)) {
    const asking = { ...agent, approval: waitingSince(now()) };
    return { agent: asking, proposed: asking, fate, waiting: undefined };
  }
  if (!waiting) return { agent, proposed: agent, fate, waiting };
  const fields = pick(applied(agent, waiting), remaining(waiting, changed, agent));
  const cardChange = isCardKept ? waiting.card : KEPT;
  const isEmpty = Object.keys(fields).length === 0 && cardChange.kind === "kept";
  const next = isEmpty ? undefined : { ...waiting, fields, card: cardChange };
  const serving = withChange(agent, next ? "pending" : null);
  return { agent: serving, proposed: next ? applied(serving, next) : serving, fate, waiting: next };
}

const remaining = (waiting: AgentChange, changed: readonly string[], agent: Agent) =>
  pinnedDifferences(agent, applied(agent, waiting)).filter((field) => !changed.includes(field));

const waitingSince = (since: Micros): Approval => ({ state: "pending", reason: null, since, change: null });

const withChange = (agent: Agent, change: Approval["change"]): Agent =>
  agent.approval.change === change ? agent : { ...agent, approval: { ...agent.approval, change } };

/** The card that the agent is to have. */
export function cardOf(
  change: CardChange,
  serving: StoredCard | undefined,
  storedCard: RevisionOptions["storedCard"],
): StoredCard | undefined {
  if (change.kind === "kept") return serving;
  return change.kind === "dropped" ? undefined : storedCard(change);
}

/** What the change does to the card that serves. */
function cardChange(
  fate: CardFate,
  { before, base, serving }: { before: CardChange; base: StoredCard | undefined; serving: StoredCard | undefined },
): CardChange {
  if (fate.kind === "kept") return before;
  if (fate.kind === "dropped") return serving ? { kind: "dropped" } : KEPT;
  const { url, original } = fate.kind === "replaced" ? fate.by : base!;
  const { address } = fate;
  const isServing = serving?.url === url && serving?.original === original && serving?.address === address;
  return isServing ? KEPT : { kind: "replaced", url, original, address };
}
