import type { SessionView, StepRecord } from "@agentgate/protocol/site";
import { exceededBound } from "../exchange/json-bounds.ts";
import { SiteError } from "../exchange/site-error.ts";
import type { FlowSession, LastReply, NewSession, SessionStore } from "../sessions/flow-session.ts";
import type { CompiledFlow } from "./compiled-flow.ts";

const idleMsDefault = 30 * 60 * 1000;
const maxMsDefault = 24 * 60 * 60 * 1000;
const historyMaxDefault = 50;
/** Characters of JSON that a session's history may take. */
const historyCharactersMax = 262_144;
/** Characters of JSON that a kept reply may take, and a session in all. */
const replyCharactersMax = 262_144;
const sessionCharactersMax = 2_097_152;
/** Deepest nesting of a session: that of a body, and what stands around it. */
const depthMax = 80;

export function newSession(flow: CompiledFlow, owner: string, now: number): NewSession {
  return {
    flow_name: flow.name,
    current_step: "",
    allowed_next_steps: [flow.graph.entry],
    history: [],
    data: {},
    version: 1,
    owner,
    created_at: now,
    updated_at: now,
    expires_at: expiry(flow, now, now),
  };
}

/** Sliding, but never beyond the session's longest life. */
export const expiry = ({ session }: CompiledFlow, createdAt: number, now: number): number =>
  Math.min(now + (session.idleMs ?? idleMsDefault), createdAt + (session.maxMs ?? maxMsDefault));

/**
 * The session of this flow and this owner. Whether another's session exists is not told.
 * @throws SiteError `session_not_found`
 */
export async function findSession(
  store: SessionStore,
  flow: CompiledFlow,
  sessionId: string,
  owner: string,
  now: number,
): Promise<FlowSession> {
  const session = await store.get(sessionId);
  if (session && session.flow_name === flow.name && session.owner === owner && session.expires_at > now) return session;
  throw new SiteError(
    "session_not_found",
    `This session of flow '${flow.name}' does not exist or has expired. Start a new one.`,
  );
}

/** The session after a step has completed. */
export function completeStep(
  flow: CompiledFlow,
  session: FlowSession,
  record: StepRecord,
  data: FlowSession["data"],
  now: number,
): FlowSession {
  const { running: _, last_reply: __, ...rest } = session;
  return {
    ...rest,
    current_step: record.step_name,
    allowed_next_steps: flow.graph.next.get(record.step_name) ?? [],
    history: appendRecord(flow, session.history, record),
    data,
    version: session.version + 1,
    updated_at: now,
    expires_at: expiry(flow, session.created_at, now),
  };
}

function appendRecord(
  { session }: CompiledFlow,
  history: readonly StepRecord[],
  record: StepRecord,
): readonly StepRecord[] {
  const { history: recordsMax = historyMaxDefault, redact } = session;
  if (recordsMax === false || recordsMax <= 0) return [];
  const records = [...history, redact ? redact(record) : record].slice(-recordsMax);
  let characters = 0;
  for (let i = records.length - 1; i >= 0; i--) {
    characters += JSON.stringify(records[i]).length;
    if (characters > historyCharactersMax) return records.slice(i + 1);
  }
  return records;
}

/** What a handler left in `session.data`, as the JSON values that will be read again. @throws when JSON has no such values */
export const plainData = (data: FlowSession["data"]): FlowSession["data"] => JSON.parse(JSON.stringify(data));

/** The session with the reply to its last keyed step, or the word that there was one. */
export const withReply = (session: FlowSession, { body = "", ...reply }: LastReply): FlowSession => ({
  ...session,
  last_reply: body.length > replyCharactersMax ? reply : { ...reply, body },
});

/** @throws Error when the session is larger than stores have to keep */
export function checkSize(session: FlowSession): void {
  const text = JSON.stringify(session);
  if (text.length <= sessionCharactersMax && !exceededBound(text, depthMax)) return;
  throw new Error(
    `its session is larger than ${sessionCharactersMax} characters of JSON, or deeper than ${depthMax} levels. Keep less in session.data.`,
  );
}

export function viewSession(session: FlowSession): SessionView {
  return {
    session_id: session.session_id,
    flow_name: session.flow_name,
    current_step: session.current_step,
    allowed_next_steps: session.allowed_next_steps,
    history: session.history,
    data: session.data,
    flow_complete: session.allowed_next_steps.length === 0,
    ...(session.running && { running_step: session.running.step }),
    expires_at: new Date(session.expires_at).toISOString(),
  };
}
