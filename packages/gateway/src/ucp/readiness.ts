import { formatMicroDollars, type MicroDollars } from "@agentgate/protocol";
import type { Micros } from "../runtime/index.ts";
import { orgIdOf } from "./buyer.ts";
import { type Checkout, totalOf } from "./checkout.ts";
import { type Message, recoverable } from "./envelope.ts";

/** The protocol's words for where a checkout stands. `requires_escalation` is none of ours: nothing here needs a human in a browser. */
export type CheckoutStatus = "incomplete" | "ready_for_complete" | "complete_in_progress" | "completed" | "canceled";

/** What a checkout's status hangs on beside itself. */
export interface Facts {
  now: Micros;
  /** Of the organization that owns it; null where nobody would pay, or where the caller may not know. */
  available: MicroDollars | null;
  /** Agents of its lines that can no longer be bought of. */
  gone: ReadonlySet<string>;
  /** Name of the extension that a task's input is under. */
  extension: string;
}

export interface Standing {
  status: CheckoutStatus;
  messages: Message[];
}

/** Where a checkout stands, and what it lacks. */
export function standingOf(checkout: Checkout, facts: Facts): Standing {
  const { phase, failure } = checkout;
  if (phase === "completed") return { status: "completed", messages: [] };
  if (phase === "completing") return { status: "complete_in_progress", messages: [] };
  if (phase === "canceled") return { status: "canceled", messages: [] };
  if (isExpired(checkout, facts.now)) {
    const content = "The checkout has expired; make another";
    return { status: "canceled", messages: [{ type: "error", code: "expired", content, severity: "unrecoverable" }] };
  }
  const lacking = [...outstanding(checkout, facts)];
  const messages = failure ? [failure.message, ...lacking] : lacking;
  return { status: lacking.length === 0 ? "ready_for_complete" : "incomplete", messages };
}

export const isExpired = ({ phase, expiresAt }: Checkout, now: Micros): boolean => phase === "open" && now >= expiresAt;

/** The code of what a wallet lacks. */
export const INSUFFICIENT = "insufficient_funds";

function* outstanding({ owner, lines }: Checkout, { available, gone, extension }: Facts) {
  for (const [index, { agentId, inputs, title }] of lines.entries()) {
    if (gone.has(agentId)) {
      yield recoverable("item_unavailable", `${title} is no longer for sale`, `$.line_items[${index}].item.id`);
    }
    if (inputs.length === 0) {
      const content = "Say what the agent is to do: an A2A message, as message";
      yield recoverable("task_input_required", content, `$.line_items[${index}]['${extension}']`);
    }
  }
  if (orgIdOf(owner) === undefined) {
    yield recoverable(
      "identity_required",
      "Show the key of the organization that pays, with an update or to complete it",
    );
  } else if (available !== null && available < totalOf(lines)) {
    const [has, needs] = [available, totalOf(lines)].map(formatMicroDollars);
    yield recoverable(INSUFFICIENT, `The wallet has ${has} of ${needs} dollars`, "$.payment.instruments[0]");
  }
}
