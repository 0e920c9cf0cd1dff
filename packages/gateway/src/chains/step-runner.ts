import { type Agent, priceOf } from "../agents/index.ts";
import { isJsonObject, Problem, parseExact } from "../http/index.ts";
import { type TaskCaller, type TaskPipeline, withSkill } from "../routing/index.ts";
import type { Clock } from "../runtime/index.ts";
import type { ChainStep } from "./chain.ts";
import { outputText } from "./output-text.ts";
import { renderTemplate, type Unfilled } from "./template.ts";
import { errorEntry, type StepName, successEntry } from "./trace.ts";

/** The longest text that an agent is told, in characters; the largest answer that it may give in a chain, in bytes. */
const INPUT_CHARACTERS_MAX = 1_048_576;
const ANSWER_BYTES_MAX = 1_048_576;

/** One step about to be taken. */
export interface StepTask {
  number: number;
  step: ChainStep;
  /** Undefined when it does not exist any more. */
  agent: Agent | undefined;
  /** The agent's own key. */
  key: string | null;
  /** Names the step among all steps of all runs: the same for every attempt at the run. */
  taskId: string;
  /** Under which the step is taken once; undefined when the run has no key either. */
  idempotencyKey: string | undefined;
  /** The run's input, and what the step before said. */
  input: string;
  previous: string;
  /** What the trace has room for, in characters. */
  charactersLeft: number;
  /** Whether all runs of its owner may hold more than they do. */
  isRoomLeft: boolean;
}

/** What came of a step: its place in the trace, and what it said unless it failed. */
export interface StepOutcome {
  entry: string;
  output?: string;
  /** What of the trace it took, in characters. */
  characters: number;
  isPaid: boolean;
  failure?: Problem;
}

/** Takes one step: an agent's task on the same way as any other, from admission to the log. */
export class StepRunner {
  readonly #pipeline: TaskPipeline;
  readonly #clock: Clock;

  constructor({ pipeline, clock }: { pipeline: TaskPipeline; clock: Clock }) {
    this.#pipeline = pipeline;
    this.#clock = clock;
  }

  /**
   * @param onBegin told what the agent is told, before it is
   * @param signal stops the agent
   */
  async take(
    task: StepTask,
    caller: TaskCaller,
    onBegin: (input: string) => void,
    signal: AbortSignal,
  ): Promise<StepOutcome> {
    const { number, agent, step } = task;
    const name: StepName = { step: number, agentId: step.agentId, agentName: agent?.name ?? "" };
    const startedAt = this.#clock.monotonic();
    const failed = (failure: Problem): StepOutcome => ({
      entry: errorEntry(name, failure, this.#clock.monotonic() - startedAt),
      characters: failure.message.length,
      isPaid: false,
      failure,
    });
    if (!agent) return failed(agentGone(step.agentId));
    if (task.charactersLeft <= 0) return failed(tooMuchTrace());
    if (!task.isRoomLeft) return failed(tooMuchUnderWay());
    const input = inputOf(task);
    if (input === undefined) return failed(inputTooLarge());
    if (typeof input !== "string") return failed(unfilled(input));
    onBegin(input);
    try {
      const answer = await this.#send({ ...task, agent, input }, caller, signal);
      const parsed = parseExact(answer);
      if (hasTools(agent) && asksBack(parsed)) return failed(wantsWord());
      const isPriced = hasTools(agent) ? hasReceipt(parsed) : priceOf(agent, step.skill ?? undefined) > 0n;
      const output = outputText(parsed, { isPriced, isTool: hasTools(agent) });
      const latencyMs = this.#clock.monotonic() - startedAt;
      return {
        entry: successEntry(name, { input, output, answer, latencyMs }),
        output,
        characters: input.length + output.length + answer.length,
        isPaid: isPriced && transactionOf(parsed),
      };
    } catch (error) {
      if (error instanceof Problem) return failed(error);
      throw error;
    }
  }

  async #send(
    { agent, step, key, taskId, idempotencyKey, input, charactersLeft }: StepTask & { agent: Agent },
    caller: TaskCaller,
    signal: AbortSignal,
  ): Promise<string> {
    const message = { role: "user", parts: [{ type: "text", text: input }] };
    const task = { id: taskId, message: withSkill(message, step.skill ?? undefined) };
    const run = await this.#pipeline.start({
      ...caller,
      ...keysOf(caller, key, agent),
      agentId: step.agentId,
      idempotencyKey,
      entrance: "chain",
      answersAs: "chain",
      task,
      body: JSON.stringify(task),
      answerBytesMax: Math.min(ANSWER_BYTES_MAX, charactersLeft),
    });
    const cancel = () => run.cancel();
    signal.addEventListener("abort", cancel, { once: true });
    if (signal.aborted) cancel();
    try {
      return (await run.answer).body;
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  }
}

/** Whether it answers with what a tool has made, which is no text. */
const hasTools = ({ protocol }: Agent): boolean => protocol === "site" || protocol === "mcp";

/** Of such an agent, which call it is decides whether it costs something. */
const hasReceipt = (answer: unknown): boolean => isJsonObject(answer) && "ucp" in answer && "result" in answer;

/** An agent's own key is shown in place of the caller's, which then pays (contract section 4). */
function keysOf(
  { bearer, payerKey }: TaskCaller,
  key: string | null,
  { keyHash }: Agent,
): Pick<TaskCaller, "bearer" | "payerKey"> {
  return key === null || keyHash === null ? { bearer, payerKey } : { bearer: key, payerKey: bearer };
}

function inputOf({ step, input, previous }: StepTask): string | Unfilled | undefined {
  if (step.inputTemplate !== null) return renderTemplate(step.inputTemplate, { input, previous }, INPUT_CHARACTERS_MAX);
  return previous.length > INPUT_CHARACTERS_MAX ? undefined : previous;
}

const transactionOf = (answer: unknown): boolean =>
  typeof (answer as { ucp?: { transaction_id?: unknown } } | null)?.ucp?.transaction_id === "string";

const agentGone = (agentId: string) =>
  new Problem(404, `The agent ${agentId} of this step does not exist any more; change the chain`);
const inputTooLarge = () =>
  new Problem(413, `An agent in a chain may be told ${INPUT_CHARACTERS_MAX} characters; this step's text has more`);
const asksBack = (answer: unknown): boolean =>
  [answer, (answer as { result?: unknown } | null)?.result].some(
    (one) => (one as { status?: { state?: unknown } } | null | undefined)?.status?.state === "input-required",
  );
const wantsWord = () =>
  new Problem(
    422,
    "The call asks for a person's word, which a chain cannot give; a template can, with `confirm: true` beside its arguments",
    {
      code: "confirmation_required",
    },
  );
const unfilled = ({ missing }: Unfilled) => new Problem(422, `The step's template cannot be filled: ${missing}`);
const tooMuchTrace = () =>
  new Problem(413, "The steps so far said more than a run may hold; have them say less, or take fewer of them");
const tooMuchUnderWay = () =>
  new Problem(
    503,
    "The runs under way hold as much of what was said in them as they may; run it again, under its Idempotency-Key, when some have ended",
    { code: "too_much_under_way", headers: { "retry-after": "1" } },
  );
