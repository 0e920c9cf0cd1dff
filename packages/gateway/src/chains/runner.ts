import { actions, may, scopeOf } from "../access/index.ts";
import type { AgentRegistry } from "../agents/index.ts";
import { type Principal, Problem } from "../http/index.ts";
import { type Idempotency, type Ticket, wasTakenOver } from "../idempotency/index.ts";
import { type TaskCaller, TRACE_HEADER } from "../routing/index.ts";
import { type Clock, type Log, type Random, Shares } from "../runtime/index.ts";
import type { Storage } from "../storage/index.ts";
import type { RecordedSpan, Trace, Tracing } from "../telemetry/index.ts";
import type { ChainRegistry } from "./registry.ts";
import type { StepOutcome, StepRunner } from "./step-runner.ts";
import type { KeyedChain } from "./store.ts";
import { beginEntry, runBody } from "./trace.ts";

export interface ChainRunnerOptions {
  chains: ChainRegistry;
  agents: AgentRegistry;
  steps: StepRunner;
  idempotency: Idempotency;
  storage: Storage;
  clock: Clock;
  random: Random;
  tracing: Tracing;
  log: Log;
  /** For agents without a timeout of their own. */
  taskTimeoutMs: number;
  /** How long after it money may still be put aside for a call. */
  settleMarginMs: number;
}

/** Who wants which chain run, with what. */
export interface RunRequest {
  chainId: string;
  principal: Principal;
  caller: TaskCaller;
  input: string;
  /** What its Idempotency-Key must come with again. */
  body: string;
}

/** What is told of a run under way: each step as it begins and ends, as JSON. A promise makes the run wait. */
export type OnStep = (entry: string) => unknown;

/** The answer to a run. */
export interface RunAnswer {
  /** JSON. */
  body: string;
  isSuccess: boolean;
}

/** A run that may be made, and is counted until it ends. */
export interface ChainRun {
  /** What is known of the answer's headers before the answer. */
  readonly headers: Record<string, string>;
  /**
   * Takes the steps. To be called once.
   * @param signal the caller is gone: the step under way is stopped, and no more are taken
   * @throws Problem when the run is another attempt's now
   */
  finish(signal: AbortSignal, onStep?: OnStep): Promise<RunAnswer>;
}

/** Runs at once, on this node: each is a request that may take minutes. */
const RUNS = { total: 512, perOwner: 64 };
/** What the trace of one run may hold, in characters. */
const TRACE_CHARACTERS_MAX = 8_388_608;
/** What all runs under way hold of what was said in them, in characters. */
const SAID = { total: 268_435_456, perOwner: 67_108_864 };
/** By how much a run's lease outlasts the one of its step. */
const LEASE_SLACK_MS = 1_000;
/** How long a stopping node waits for runs whose callers it has hung up on. */
const CLOSE_MS = 5_000;

/** Steps that were not taken, or of which it is not known what came of them: the run may go on from there under its key. */
const UNDECIDED = new Set(["idempotency_in_progress", "idempotency_taken_over", "payment_unknown"]);
const isUndecided = ({ code, status }: Problem) => UNDECIDED.has(code) || status === 429 || status === 503;

/** Runs chains: one step after the other, each a task of its agent, all in one trace and under one Idempotency-Key. */
export class ChainRunner {
  readonly #options: ChainRunnerOptions;
  readonly #places = new Shares(RUNS);
  readonly #said = new Shares(SAID);
  readonly #running = new Set<Promise<RunAnswer>>();

  constructor(options: ChainRunnerOptions) {
    this.#options = options;
  }

  get running(): number {
    return this.#places.used;
  }

  /** @throws Problem 404, 403, 429, or 409 and 422 for an Idempotency-Key that is in use */
  async begin(request: RunRequest): Promise<ChainRun> {
    const { chains, idempotency, random, tracing } = this.#options;
    const { chainId, principal, caller, body } = request;
    const keyed = await chains.toRun(chainId, principal);
    const scope = scopeOf(principal);
    if (!this.#places.take(scope)) throw tooManyRuns();
    try {
      let ticket: Ticket | undefined;
      if (caller.idempotencyKey !== undefined) {
        const begun = await idempotency.begin({
          scope,
          key: caller.idempotencyKey,
          payload: ["chain run", chainId, body],
          leaseMs: await this.#leaseMs(keyed.chain.steps[0]!.agentId),
        });
        if ("replay" in begun) {
          this.#places.give(scope);
          return replayOf(begun.replay.body);
        }
        ticket = begun;
      }
      const runId = ticket?.operationId ?? random.uuid();
      const trace = tracing.begin(caller, runId, "POST /chains/{id}/run");
      const finish: ChainRun["finish"] = (signal, onStep = () => {}) => {
        const run = this.#run({ request, scope, keyed, ticket, signal, onStep, said: 0, runId, trace }).finally(() =>
          this.#places.give(scope),
        );
        if (trace.span) endWith(run, trace.span, keyed.chain.steps.length);
        this.#running.add(run);
        const done = () => void this.#running.delete(run);
        run.then(done, done);
        return run;
      };
      return { headers: { [TRACE_HEADER]: trace.id }, finish };
    } catch (error) {
      this.#places.give(scope);
      throw error;
    }
  }

  /** Waits for the runs whose callers are gone. */
  async close(): Promise<void> {
    const idle = Promise.allSettled(this.#running);
    await Promise.race([idle, new Promise<void>((resolve) => this.#options.clock.after(CLOSE_MS, resolve))]);
  }

  async #run(run: Underway): Promise<RunAnswer> {
    const { ticket, scope } = run;
    let isKept = false;
    try {
      const { answer, isPaid, isDecided } = await this.#takeSteps(run);
      if (ticket && isDecided) {
        await this.#keep(answer.body, isPaid, ticket);
        isKept = true;
      }
      return answer;
    } finally {
      this.#said.give(scope, run.said);
      // Whoever asks under this key again goes on from here.
      if (ticket && !isKept) await ticket.extend(0).catch(() => {});
    }
  }

  async #takeSteps(run: Underway): Promise<{ answer: RunAnswer; isPaid: boolean; isDecided: boolean }> {
    const { agents, steps } = this.#options;
    const { request, scope, keyed, ticket, signal, onStep, runId, trace: traced } = run;
    const { chain } = keyed;
    // The admin's key opens every agent, and pays for none.
    const keys = may(request.principal, actions.callUnpaid) ? [] : keyed.keys;
    const { traceparent, tracestate } = traced.headers;
    const caller = { ...request.caller, traceparent, tracestate };
    const trace: string[] = [];
    let charactersLeft = TRACE_CHARACTERS_MAX;
    let isPaid = false;
    let last: StepOutcome = { entry: "", output: request.input, characters: 0, isPaid: false };
    for (const [index, step] of chain.steps.entries()) {
      if (signal.aborted) throw callerLeft();
      const number = index + 1;
      if (index > 0 && ticket && !(await ticket.extend(await this.#leaseMs(step.agentId)))) throw takenOver();
      const agent = await agents.see(step.agentId, request.principal);
      const name = { step: number, agentId: step.agentId, agentName: agent?.name ?? "" };
      last = await steps.take(
        {
          ...{ number, step, agent, key: keys[index] ?? null, charactersLeft, isRoomLeft: this.#said.has(scope) },
          taskId: `${runId}-${number}`,
          idempotencyKey: ticket && `chain:${runId}:${number}`,
          input: request.input,
          previous: last.output!,
        },
        caller,
        (input) => void onStep(beginEntry(name, input)),
        signal,
      );
      if (signal.aborted) throw callerLeft();
      trace.push(last.entry);
      charactersLeft -= last.characters;
      run.said += last.characters;
      this.#said.add(scope, last.characters);
      isPaid ||= last.isPaid;
      await onStep(last.entry);
      if (last.failure) break;
    }
    const body = runBody({ chain, traceId: traced.id, trace, finalOutput: last.failure ? undefined : last.output });
    const isDecided = !last.failure || !isUndecided(last.failure);
    return { answer: { body, isSuccess: !last.failure }, isPaid, isDecided };
  }

  /** Keeps the answer for repetitions. Of a run that nobody paid for, as far as there is room. */
  async #keep(body: string, isPaid: boolean, ticket: Ticket): Promise<void> {
    const { storage, log } = this.#options;
    const answer = { status: 200, body };
    try {
      if (isPaid) await storage.batch([ticket.completion(answer), ticket.fence()]);
      else await ticket.keepUnpaid(answer, { isAnonymous: false });
    } catch (error) {
      if (wasTakenOver(error)) throw takenOver();
      // The caller gets it in any case; a repetition finds what the steps said.
      log.warn({ err: error }, "a chain's answer was not kept for repetition");
    }
  }

  /** How long the step of this agent may take, until all about it is settled. */
  async #leaseMs(agentId: string): Promise<number> {
    const { agents, taskTimeoutMs, settleMarginMs } = this.#options;
    const agent = await agents.find(agentId);
    return (agent?.timeoutMs ?? taskTimeoutMs) + settleMarginMs + LEASE_SLACK_MS;
  }
}

interface Underway {
  request: RunRequest;
  /** Whose it is. */
  scope: string;
  /** What was said in it so far, in characters. */
  said: number;
  keyed: KeyedChain;
  ticket: Ticket | undefined;
  runId: string;
  trace: Trace;
  signal: AbortSignal;
  onStep: OnStep;
}

/** Each step is a span within it, as any task is. */
function endWith(run: Promise<RunAnswer>, span: RecordedSpan, steps: number): void {
  span.set({ "http.route": "/chains/{id}/run", "agentgate.chain.steps": steps });
  run.then(
    ({ isSuccess }) => span.end(isSuccess ? undefined : { type: "step_failed", isError: false }),
    (error) => span.end({ type: error instanceof Problem ? error.code : "internal_error", isError: true }),
  );
}

/** A run that was made already, told again. */
function replayOf(body: string): ChainRun {
  return {
    headers: { "idempotency-replayed": "true" },
    async finish(signal, onStep) {
      const { status, trace } = JSON.parse(body) as { status: string; trace: unknown[] };
      for (const entry of onStep ? trace : []) {
        if (signal.aborted) break;
        await onStep!(JSON.stringify(entry));
      }
      return { body, isSuccess: status === "success" };
    },
  };
}

const tooManyRuns = () =>
  new Problem(429, "Too many runs of chains are under way; wait until one of yours has ended", {
    code: "too_many_runs",
    headers: { "retry-after": "1" },
  });

const callerLeft = () => new Problem(499, "The caller left before the chain had ended", { code: "cancelled" });

const takenOver = () =>
  new Problem(
    409,
    "Another request with this Idempotency-Key was made when this one took too long; repeat it to get the other's answer",
    { code: "idempotency_taken_over", headers: { "retry-after": "1" } },
  );
