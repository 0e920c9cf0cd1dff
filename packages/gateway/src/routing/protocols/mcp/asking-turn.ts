import type { JsonObject } from "@agentgate/protocol/a2a";
import { ServerStatusError } from "../../../mcp-servers/index.ts";
import { OutboundError } from "../../../outbound/index.ts";
import { pause } from "../../../runtime/index.ts";
import type { Talk } from "./talk.ts";
import type { ToolTask } from "./tool-task-store.ts";
import type { ToolTurnOptions, TurnTerms } from "./turn-order.ts";
import type { TurnServer } from "./turn-server.ts";

/** The one question that a legacy server asks at a time: by this key it is answered. */
export const QUESTION = "question";
/** How often a task is looked at whose call another node has. */
export const LOOK_MS = 250;

/** A call that has asked, and waits for its caller. */
export class AskedWithin {
  readonly talk: Talk;
  readonly question: { params: JsonObject } & NonNullable<ToolTask["askedAt"]>;

  constructor(talk: Talk, question: AskedWithin["question"]) {
    this.talk = talk;
    this.question = question;
  }
}

/**
 * Hears what comes next of a call, within the turn's time: the server's result, or that it asks.
 * @throws ServerError, OutboundError, ServerStatusError, ServerFault
 */
export async function heardOf(
  talk: Talk,
  { clock }: Pick<ToolTurnOptions, "clock">,
  { endsAt, signal }: Pick<TurnTerms, "endsAt" | "signal">,
): Promise<JsonObject | AskedWithin> {
  const abort = () => talk.abort();
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  try {
    await talk.listen(Math.max(1, endsAt - clock.monotonic()));
  } finally {
    signal.removeEventListener("abort", abort);
  }
  const heard = talk.take();
  if ("error" in heard) throw heard.error;
  return "question" in heard ? new AskedWithin(talk, heard.question) : heard.answer.result;
}

/**
 * Gives a server the answer that it waits for. Answers whether it takes it: one that has forgotten its question, or the session, does not.
 * @throws OutboundError, CredentialError
 */
export async function answered(server: TurnServer, { askedAt }: ToolTask, responses: JsonObject): Promise<boolean> {
  const { action, content } = responses[QUESTION] as { action: string; content?: JsonObject };
  try {
    await server.answer(askedAt!, { action, ...(content && { content }) });
    return true;
  } catch (error) {
    if (error instanceof ServerStatusError && error.status >= 400 && error.status < 500) return false;
    throw error;
  }
}

/**
 * The task when the node that has its call is done with this turn.
 * @throws OutboundError for one that is not in time
 */
export async function doneElsewhere(
  { id, agentId, owner, turn }: ToolTask,
  { store, clock }: Pick<ToolTurnOptions, "store" | "clock">,
  { endsAt, signal }: Pick<TurnTerms, "endsAt" | "signal">,
): Promise<ToolTask> {
  while (clock.monotonic() < endsAt) {
    await pause(clock, LOOK_MS, signal);
    if (signal.aborted) throw new OutboundError("aborted", "the call was aborted");
    const now = await store.find(agentId, id, owner);
    if (now && (now.turn !== turn || now.state !== "working")) return now;
  }
  throw new OutboundError("timeout", "the call's time is up");
}
