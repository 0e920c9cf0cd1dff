import {
  type ManifestAuth,
  type ManifestFlow,
  type SessionView,
  serverStepPath,
  sessionPath,
  startPath,
} from "@agentgate/protocol/site";
import type { CallArguments, CallOptions, StepContracts, StreamEvent } from "./call-types.ts";
import { StepError } from "./errors.ts";
import { strings, text } from "./plain-values.ts";
import type { SiteCall, SiteConnection } from "./site-connection.ts";

/**
 * A server-orchestrated flow under way. The server decides what is allowed: every step is asked for, and what this object
 * knows is brought up to date by each answer, refusals included.
 */
export interface FlowSession<Steps extends StepContracts = StepContracts> {
  readonly sessionId: string;
  /** The step last completed; `""` before the first. */
  readonly currentStep: string;
  readonly allowedNextSteps: readonly string[];
  readonly isComplete: boolean;
  /** ISO 8601; undefined when the site does not tell. */
  readonly expiresAt: string | undefined;

  /**
   * Runs a step on the site.
   *
   * @throws {@link StepTransitionError} when the step is not allowed now, with the steps that are
   */
  step<Step extends keyof Steps & string>(
    step: Step,
    ...args: CallArguments<Steps[Step]["input"]>
  ): Promise<Steps[Step]["output"]>;

  /** Runs a step as a stream. The session has moved on when the `result` event comes. */
  stream<Step extends keyof Steps & string>(
    step: Step,
    ...args: CallArguments<Steps[Step]["input"]>
  ): AsyncGenerator<StreamEvent<Steps[Step]["output"]>, void>;

  /** Asks the site for the session's state and history, and takes the state over. */
  inspect(options?: CallOptions): Promise<SessionView>;
}

/** @param flow - as the manifest tells it, with its effective `auth` */
export async function openSession(
  connection: SiteConnection,
  { name, steps, auth }: ManifestFlow & { readonly auth: ManifestAuth },
  resumed: string | undefined,
  options: CallOptions | undefined,
): Promise<FlowSession> {
  const session = {
    sessionId: "",
    currentStep: "",
    allowedNextSteps: [] as string[],
    isComplete: false,
    expiresAt: undefined as string | undefined,
  };

  /** Any reply may tell where the session stands; a Python server leaves some of it out. */
  const update = (reply: unknown) => {
    const { session_id, current_step, allowed_next_steps, flow_complete, expires_at, result } = Object(reply);
    session.sessionId = text(session_id, session.sessionId);
    session.currentStep = text(current_step, session.currentStep);
    session.allowedNextSteps = strings(allowed_next_steps);
    session.isComplete = typeof flow_complete === "boolean" ? flow_complete : !session.allowedNextSteps.length;
    session.expiresAt = text(expires_at) || session.expiresAt;
    return result;
  };

  const call = (step: string): SiteCall => {
    const known = steps.find((entry) => entry.name === step);
    return {
      ...known,
      auth: known?.auth || auth,
      // The step stands in the manifest, so what a 404 misses is most likely the session.
      missing: "session_not_found",
      step,
      path: serverStepPath(name, step),
      sessionId: session.sessionId,
      unwrap: update,
      refused: update,
    };
  };

  const inspect = async (id: string, options: CallOptions | undefined) => {
    const path = sessionPath(name, id);
    const view = await connection.call({ missing: "session_not_found", method: "GET", path, auth }, undefined, options);
    update({ session_id: id, ...Object(view) });
    return view as SessionView;
  };

  if (resumed !== undefined) {
    await inspect(resumed, options);
  } else {
    const start: SiteCall = { missing: "flow_not_found", path: startPath(name), auth, unwrap: update };
    await connection.call(start, undefined, options);
    if (!session.sessionId) throw new StepError("invalid_response", `${start.path} gave no session_id`);
  }
  return Object.assign(session, {
    step: (step: string, input?: unknown, options?: CallOptions) => connection.call(call(step), input, options),
    stream: (step: string, input?: unknown, options?: CallOptions) => connection.stream(call(step), input, options),
    inspect: (options?: CallOptions) => inspect(session.sessionId, options),
  });
}
