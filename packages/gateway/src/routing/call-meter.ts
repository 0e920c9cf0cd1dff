import type { AnswerMeter } from "../outbound/index.ts";
import { loggable } from "./task.ts";

/** What is measured of one call on its way: times by the monotonic clock, in milliseconds. */
export class CallMeter implements AnswerMeter {
  /** When its agent was asked. */
  askedAt = 0;
  /** How long it took to put its price aside; undefined when nobody pays. */
  reserveMs: number | undefined = undefined;
  /** When the first byte of an answer of the agent came; undefined until then. */
  firstByteAt: number | undefined = undefined;
  /** Bytes of the bodies that the agent has answered. */
  bytes = 0;
  /** Events that the agent has sent, where it answers in events. */
  events = 0;
  /** The A2A context that the call belongs to. */
  contextId: string | undefined = undefined;

  /** The call turns out to belong to this context. */
  belongsTo(contextId: unknown): void {
    if (typeof contextId === "string" && contextId !== "") this.contextId = loggable(contextId);
  }
}
