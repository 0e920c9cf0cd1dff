import type { StepReply } from "@agentgate/protocol/site";
import type { Exchange, Reply } from "../exchange/exchange.ts";
import { type JsonObject, readArguments } from "../exchange/read-json.ts";
import { jsonReply } from "../exchange/reply.ts";
import { SiteError } from "../exchange/site-error.ts";
import type { FlowSession } from "../sessions/flow-session.ts";
import type { Caller } from "./caller.ts";
import type { CompiledFlow } from "./compiled-flow.ts";
import { hashArguments, idempotencyKeyOf, inProgress, mismatch, replay, replyNotKept } from "./idempotency.ts";
import type { Operation } from "./operation.ts";
import { checkInput, deliver, runHandler, UnusableOutput } from "./run.ts";
import { checkSize, completeStep, findSession, plainData, withReply } from "./session-life.ts";
import type { Site } from "./site.ts";

/** A lease outlives the step's deadline, so that only a dead process lets it expire. */
const leaseGraceMs = 30_000;

export interface ServerStep {
  readonly site: Site;
  readonly flow: CompiledFlow;
  readonly step: Operation;
  readonly exchange: Exchange;
  readonly caller: Caller;
  readonly sessionId: string;
}

/** Advances a session by one step: checks the order, claims the session, runs the handler once, commits. */
export async function runServerStep(request: ServerStep): Promise<Reply> {
  const { site, flow, step, exchange, caller, sessionId } = request;
  const { sessions: store, now, bodyBytesMax } = site;
  const key = idempotencyKeyOf(exchange);
  let session = await findSession(store, flow, sessionId, caller.owner, now());

  if (key !== undefined && session.last_reply?.key === key) {
    const args = await readArguments(exchange, bodyBytesMax);
    if (session.last_reply.hash !== (await hashStep(step, args))) throw mismatch();
    const { body } = session.last_reply;
    if (body === undefined) throw replyNotKept(place(session));
    return replay(body);
  }
  if (session.running) {
    if (session.running.lease_until > now()) throw busy(session, key);
    session = await recover(request, session);
  }
  if (!session.allowed_next_steps.includes(step.name)) throw notAllowed(session, step.name);

  const args = await readArguments(exchange, bodyBytesMax);
  let input: unknown;
  try {
    input = await checkInput(step, args);
  } catch (error) {
    throw withSession(error, session);
  }
  const hash = key === undefined ? undefined : await hashStep(step, args);
  const claimed = await claim(request, session, key);
  return deliver({ site, operation: step, exchange, caller, session: claimed }, async (call) => {
    let result: string;
    try {
      result = await runHandler(step, input, call);
    } catch (error) {
      await settle(request, claimed, error instanceof UnusableOutput ? claimed : session);
      throw withSession(error, session);
    }
    let body: string;
    let isStored: boolean;
    try {
      const record = { step_name: step.name, input: args, output: JSON.parse(result) };
      let completed = completeStep(flow, claimed, record, plainData(call.session.data), now());
      body = `{"result":${result},${JSON.stringify(stepPlace(completed)).slice(1)}`;
      if (hash !== undefined && key !== undefined) completed = withReply(completed, { key, hash, body });
      checkSize(completed);
      isStored = await store.update(completed, claimed.version);
    } catch (error) {
      await settle(request, claimed, claimed);
      throw new UnusableOutput(step, error);
    }
    if (!isStored) throw outcomeUnknown(session, step.name);
    return jsonReply(200, body, step.headers);
  });
}

const stepPlace = (session: FlowSession): Omit<StepReply, "result"> => ({
  session_id: session.session_id,
  current_step: session.current_step,
  allowed_next_steps: session.allowed_next_steps,
  flow_complete: session.allowed_next_steps.length === 0,
});

const hashStep = (step: Operation, args: JsonObject) => hashArguments(step.name, args);

async function claim(
  { step, site: { sessions: store, now } }: ServerStep,
  session: FlowSession,
  key: string | undefined,
): Promise<FlowSession> {
  const claimed: FlowSession = {
    ...session,
    version: session.version + 1,
    updated_at: now(),
    running: {
      step: step.name,
      token: crypto.randomUUID(),
      lease_until: now() + step.timeoutMs + leaseGraceMs,
      ...(key !== undefined && { idempotency_key: key }),
    },
  };
  if (await store.update(claimed, session.version)) return claimed;
  throw busy(session);
}

/**
 * Ends a claim whose step is not recorded. Its handler has failed: the session is `before` again, and the step may be
 * repeated. It has run: the session stays claimed, as if the process had died. When even this fails, the lease ends it.
 */
async function settle(
  { step, site: { sessions: store, report, now } }: ServerStep,
  claimed: FlowSession,
  before: FlowSession,
): Promise<void> {
  const { running, version } = claimed;
  const interrupted = before === claimed && running && { running: { ...running, lease_until: now() } };
  try {
    await store.update({ ...before, ...interrupted, version: version + 1 }, version);
  } catch (error) {
    report(error, step.label);
  }
}

/** A session whose last run was interrupted: ready again when repeating is harmless or the site knows the outcome. */
async function recover(
  { flow, site: { sessions: store, now } }: ServerStep,
  session: FlowSession,
): Promise<FlowSession> {
  const { running, ...idle } = session;
  const interrupted = flow.steps.get(running!.step);
  if (interrupted?.options.idempotent) return idle;
  const outcome = await flow.session.resolveOutcome?.({
    sessionId: session.session_id,
    flow: flow.name,
    step: running!.step,
    data: session.data,
  });
  if (outcome === "retry") return idle;
  if (!outcome) throw outcomeUnknown(session, running!.step);
  const record = { step_name: running!.step, input: null, output: outcome.output };
  const completed = completeStep(flow, session, record, session.data, now());
  if (await store.update(completed, session.version)) return completed;
  throw busy(session);
}

const place = (session: FlowSession) => ({
  currentStep: session.current_step,
  allowedNextSteps: session.allowed_next_steps,
});

/** Errors of a session tell where it stands. */
function withSession(error: unknown, session: FlowSession): unknown {
  if (!SiteError.isInstance(error)) return error;
  return new SiteError(error.code, error.message, { ...place(session), ...error.options, status: error.status });
}

function notAllowed(session: FlowSession, step: string): SiteError {
  const allowed = session.allowed_next_steps.map((name) => `'${name}'`).join(", ");
  const message = `Step '${step}' cannot follow '${session.current_step}'. Allowed next: [${allowed}]`;
  return new SiteError("step_not_allowed", message, place(session));
}

function busy(session: FlowSession, key?: string): SiteError {
  if (key !== undefined && session.running?.idempotency_key === key) return inProgress(place(session));
  return new SiteError(
    "step_in_progress",
    "A step of this session is running. Wait for it, then look at the session.",
    {
      ...place(session),
      headers: { "retry-after": "1" },
    },
  );
}

function outcomeUnknown(session: FlowSession, step: string): SiteError {
  return new SiteError(
    "step_outcome_unknown",
    `Step '${step}' was interrupted and may have taken effect. Do not repeat it in a new session; the site's operator has to resolve it.`,
    place(session),
  );
}
