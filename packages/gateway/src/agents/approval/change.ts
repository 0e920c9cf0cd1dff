import { createHash } from "node:crypto";
import { microDollarsToNumber } from "@agentgate/protocol";
import { type Difference, diffDocuments } from "@agentgate/protocol/a2a";
import type { Micros } from "../../runtime/index.ts";
import type { Agent } from "../agent.ts";
import { toWirePrices } from "../skills/prices.ts";
import type { ApprovalState } from "./approval.ts";
import { type PinnedField, type PinnedFields, pinnedFields, toJson, wireNameOf } from "./pinned.ts";

/** A card as it is kept. */
export interface CardText {
  url: string | undefined;
  original: string;
  /** Where tasks go although no interface of the card is there. */
  address: string | undefined;
}

/** What a change does to the card. */
export type CardChange = { kind: "kept" } | { kind: "dropped" } | ({ kind: "replaced" } & CardText);
export const KEPT: CardChange = { kind: "kept" };

/** A change of an approved agent that waits, or was refused. */
export interface AgentChange {
  state: "pending" | "rejected";
  reason: string | null;
  since: Micros;
  /** Only what is to be otherwise than it is. */
  fields: PinnedFields;
  card: CardChange;
}

/** The agent as it is and as it is to be; nothing is before one that was never approved. */
export interface Proposal {
  kind: "agent" | "change";
  state: ApprovalState;
  reason: string | null;
  since: Micros;
  before: { agent: Agent; card: CardText | undefined } | undefined;
  after: { agent: Agent; card: CardText | undefined };
}

/** A difference as it is shown: a field by its name on the wire, of a card with a JSON pointer into it. */
export interface FieldChange {
  field: string;
  /** Absent of what is added. */
  before?: unknown;
  /** Absent of what is removed. */
  after?: unknown;
}

export const applied = (agent: Agent, { fields }: Pick<AgentChange, "fields">): Agent => ({ ...agent, ...fields });

export const cardAfter = (card: CardText | undefined, change: CardChange): CardText | undefined =>
  change.kind === "kept" ? card : change.kind === "dropped" ? undefined : change;

/** Names exactly what is before and after: whoever approves names it, so that nothing else is approved. */
export function versionOf({ kind, before, after }: Proposal): string {
  const texts = [before, after].map((side) => side && [toJson(pinnedOf(side.agent)), cardParts(side.card)]);
  return createHash("sha256")
    .update(JSON.stringify([after.agent.id, kind, ...texts]))
    .digest("hex")
    .slice(0, 32);
}

/** All that differs, and nothing else. */
export function changesOf({ before, after }: Proposal): FieldChange[] {
  const fields = pinnedFields.flatMap((field): FieldChange[] => {
    const [old, now] = [before && wireValue(before.agent, field), wireValue(after.agent, field)];
    if (before && JSON.stringify(old) === JSON.stringify(now)) return [];
    return [{ field: wireNameOf(field), ...(before && { before: old }), after: now }];
  });
  return [...fields, ...cardChanges(before?.card, after.card)];
}

/** So many differences and more are shown as both documents: those behind them would not be seen. */
const DIFFERENCES_MAX = 100;

function cardChanges(before: CardText | undefined, after: CardText | undefined): FieldChange[] {
  const parts = [
    ...difference("card_url", before?.url, after?.url),
    ...difference("card_address", before?.address, after?.address),
  ];
  if (before?.original === after?.original) return parts;
  const [old, now] = [before, after].map((card) => card && JSON.parse(card.original));
  const found = before && after ? diffDocuments(old, now) : [];
  if (found.length === 0 || found.length > DIFFERENCES_MAX) return [...parts, ...difference("card", old, now, true)];
  return [...parts, ...found.map(toFieldChange)];
}

const toFieldChange = ({ path, ...sides }: Difference): FieldChange => ({ field: `card${path}`, ...sides });

const difference = (field: string, before: unknown, after: unknown, isKnown = false): FieldChange[] =>
  before === after && !isKnown
    ? []
    : [{ field, ...(before !== undefined && { before }), ...(after !== undefined && { after }) }];

function wireValue(agent: Agent, field: PinnedField): unknown {
  if (field === "pricePerTask") return microDollarsToNumber(agent.pricePerTask);
  return field === "prices" ? toWirePrices(agent.prices) : agent[field];
}

const pinnedOf = (agent: Agent): PinnedFields =>
  Object.fromEntries(pinnedFields.map((field) => [field, agent[field]])) as PinnedFields;

const cardParts = (card: CardText | undefined) => card && [card.url ?? null, card.original, card.address ?? null];
