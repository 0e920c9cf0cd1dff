import type { Deprecation, Orchestration, StepRecord } from "@agentgate/protocol/site";
import type { AuthPolicy } from "../auth/auth-policy.ts";
import { RegistrationError } from "./registration-error.ts";
import type { Step } from "./step.ts";

/** A step that was interrupted by a crash: nobody knows whether it took effect. */
export interface InterruptedStep {
  readonly sessionId: string;
  readonly flow: string;
  readonly step: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What became of an interrupted step: it may run again, it had this output, or still nobody knows. */
export type StepOutcome = "retry" | { readonly output: unknown } | undefined;

export interface FlowOptions<S, M extends Orchestration> {
  readonly description: string;
  /** `server` (default): sessions, and the server checks the order. `client`: independent, stateless steps. */
  readonly orchestration?: M | undefined;
  /** In the order in which the manifest shows them. */
  readonly steps: S;
  /** Overrides the site's auth for every step. */
  readonly auth?: AuthPolicy | undefined;
  readonly deprecated?: Deprecation | undefined;
  readonly session?: SessionOptions | undefined;
}

export interface SessionOptions {
  /** Milliseconds a session lives after its last completed step. Default 30 minutes. */
  readonly idleMs?: number | undefined;
  /** Milliseconds a session lives at most. Default 24 hours. */
  readonly maxMs?: number | undefined;
  /** How many completed steps a session remembers; `false` for none. Default 50. */
  readonly history?: number | false | undefined;
  /** Strips what must not be kept, such as card numbers, from a record of the history. */
  readonly redact?: ((record: StepRecord) => StepRecord) | undefined;
  /** Asked when a step that is not `idempotent` was interrupted. Until it knows, callers get `step_outcome_unknown`. */
  readonly resolveOutcome?: ((interrupted: InterruptedStep) => StepOutcome | Promise<StepOutcome>) | undefined;
}

/** A named, ordered sequence of steps. */
export interface Flow<
  Name extends string = string,
  // biome-ignore lint/suspicious/noExplicitAny: a bound that every step meets
  S extends Record<string, Step<any, any, any>> = Record<string, Step<any, any, any>>,
  M extends Orchestration = Orchestration,
> {
  readonly kind: "flow";
  readonly name: Name;
  readonly orchestration: M;
  readonly steps: S;
  readonly options: Omit<FlowOptions<unknown, Orchestration>, "steps" | "orchestration">;
}

// biome-ignore lint/suspicious/noExplicitAny: a bound that every step meets
type AnyStep = Step<any, any, any>;
type AfterOf<T> = T extends { readonly after: readonly (infer After)[] } ? After : never;

/** `S` itself when every `after` names a step, otherwise steps that may only come after those that exist. */
type Check<S> = [AfterOf<S[keyof S]>] extends [keyof S]
  ? unknown
  : // biome-ignore lint/suspicious/noExplicitAny: only `after` is checked here
    { readonly [K in keyof S]: Step<any, any, keyof S & string> };

/** Defines a flow; a step that comes `after` one that does not exist is a compile error. */
export function flow<const Name extends string, S extends Record<string, AnyStep>, M extends Orchestration = "server">(
  name: Name,
  definition: FlowOptions<S & Check<S>, M>,
): Flow<Name, S, NoInfer<M>> {
  const { steps, orchestration = "server" as M, ...options } = definition;
  if (typeof steps !== "object" || steps === null) {
    throw new RegistrationError(`flow "${name}": give it steps.`);
  }
  return { kind: "flow", name, orchestration, steps, options };
}
