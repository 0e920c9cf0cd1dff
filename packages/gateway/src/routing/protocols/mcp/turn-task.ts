import { A2AError, type JsonObject } from "@agentgate/protocol/a2a";
import { OutboundError } from "../../../outbound/index.ts";
import { questionParts } from "./input-requests.ts";
import type { TaskName, ToldState } from "./told-task.ts";
import type { ToolTask } from "./tool-task-store.ts";
import { ownerOf, type ToolTurnOptions, type TurnOrder, type TurnTerms } from "./turn-order.ts";

/** What is kept of a state beside its name. */
type Kept = Partial<Pick<ToolTask, "asked" | "requestState" | "upstreamId" | "askedAt">>;

/** Where a turn ends. */
type EndState = Exclude<ToldState, "TASK_STATE_WORKING">;

const STORED: Readonly<Record<EndState, ToolTask["state"]>> = {
  TASK_STATE_INPUT_REQUIRED: "input-required",
  TASK_STATE_COMPLETED: "over",
  TASK_STATE_FAILED: "over",
  TASK_STATE_CANCELED: "over",
};

/** The task of a turn, if it comes to one: written down in each of its states before anybody is told of it. */
export class TurnTask {
  readonly #options: Pick<ToolTurnOptions, "store" | "teller" | "random">;
  readonly #order: TurnOrder;
  readonly #terms: Pick<TurnTerms, "call" | "tell">;
  #task: ToolTask | undefined;
  #named: TaskName | undefined;
  /** It was told of in this turn: from then on what changes is told, and not the whole. */
  #isTold = false;

  constructor(
    options: Pick<ToolTurnOptions, "store" | "teller" | "random">,
    order: TurnOrder,
    terms: Pick<TurnTerms, "call" | "tell">,
  ) {
    this.#options = options;
    this.#order = order;
    this.#terms = terms;
    this.#task = order.task;
  }

  /** As it was kept last; undefined before there is one. */
  get kept(): ToolTask | undefined {
    return this.#task;
  }

  /** What the task is called, from now on where there is none yet. */
  name(): TaskName {
    this.#named ??= { id: this.#options.random.uuid(), contextId: this.#order.contextId };
    return this.#task ?? this.#named;
  }

  /** Whoever asks for the task knows of it: only changes are told. */
  isKnown(): void {
    this.#isTold = true;
  }

  /**
   * The turn ends with the task in this state.
   *
   * @param said what the tool says to it @param artifact what it has made, in a task that is completed
   * @returns what the turn has come to, in 1.0's shape
   * @throws GoneOnWith when somebody else has gone on with the task
   */
  async ends(
    state: EndState,
    { said, artifact, ...more }: Kept & { said?: JsonObject[] | undefined; artifact?: JsonObject } = {},
  ): Promise<JsonObject> {
    const { teller } = this.#options;
    const name = this.name();
    const told = teller.task(name, state, said, artifact && [artifact]);
    await this.#keep(STORED[state], told, more);
    if (!this.#isTold) {
      await this.#tellWhole(told);
      return { task: told };
    }
    const { id: taskId, contextId } = name;
    if (artifact)
      await this.#terms.tell?.({ artifactUpdate: { taskId, contextId, artifact, append: false, lastChunk: true } });
    await this.#terms.tell?.(teller.update(name, state, said));
    return { task: told };
  }

  /** The task is kept as one that goes on: told whole where it was not told of yet. @throws GoneOnWith */
  async works(said?: JsonObject[], upstreamId?: string): Promise<JsonObject> {
    if (upstreamId === undefined && this.#isTold) return this.atWork(said);
    const name = this.name();
    const told = this.#options.teller.task(name, "TASK_STATE_WORKING", said);
    await this.#keep("working", told, upstreamId === undefined ? {} : { upstreamId });
    if (!this.#isTold) await this.#tellWhole(told);
    return told;
  }

  /** Tells of work that goes on, which is not kept. */
  async says(said: JsonObject[] | undefined): Promise<JsonObject> {
    await this.#terms.tell?.(this.#options.teller.update(this.#task!, "TASK_STATE_WORKING", said));
    return this.atWork(said);
  }

  /** The task while its server works. */
  atWork(said: JsonObject[] | undefined): JsonObject {
    return this.#options.teller.task(this.#task!, "TASK_STATE_WORKING", said);
  }

  /**
   * What came of it or, where somebody else has gone on with the task meanwhile, how it is by now: of a task that many ask for, one writes
   * its end.
   */
  async orAsKept(told: Promise<JsonObject>): Promise<JsonObject> {
    try {
      return await told;
    } catch (error) {
      if (!(error instanceof GoneOnWith)) throw error;
      const { id, agentId, owner } = this.#task!;
      const now = await this.#options.store.find(agentId, id, owner);
      if (!now) throw takenOver();
      await this.#terms.tell?.({ task: now.told });
      return { task: now.told };
    }
  }

  /** What is known of a task whose server is lost: it has failed, unless nothing was ever asked. */
  async lost(error: unknown): Promise<void> {
    const task = this.#task;
    if (!task || task.upstreamId !== undefined || task.state !== "working") return;
    const { teller, store } = this.#options;
    const isUnasked = OutboundError.isInstance(error) && UNASKED.includes(error.kind);
    const isAnswer = this.#order.responses !== undefined && task.asked !== undefined;
    const lost = [{ text: "The server was lost" }];
    const next: ToolTask =
      isUnasked && isAnswer
        ? {
            ...task,
            state: "input-required",
            told: teller.task(task, "TASK_STATE_INPUT_REQUIRED", questionParts(task.asked!)),
          }
        : {
            ...task,
            state: "over",
            told: teller.task(task, isAborted(error) ? "TASK_STATE_CANCELED" : "TASK_STATE_FAILED", lost),
          };
    await store.update(next, task).catch(() => {});
  }

  async #tellWhole(task: JsonObject): Promise<void> {
    this.#isTold = true;
    await this.#terms.tell?.({ task });
  }

  /** Keeps the task as it is now, under the turn that it is in. @throws GoneOnWith */
  async #keep(state: ToolTask["state"], told: JsonObject, more: Kept): Promise<void> {
    const { store } = this.#options;
    const { agent, skill, args, contextId } = this.#order;
    const before = this.#task;
    const next = {
      id: told.id as string,
      agentId: agent.id,
      owner: ownerOf(this.#terms.call),
      contextId,
      tool: skill.id,
      digest: skill.digest,
      args,
      turn: before?.turn ?? 0,
      state,
      told,
      ...more,
    };
    if (!before) await store.insert(next);
    else if (!(await store.update(next, before))) throw new GoneOnWith();
    this.#task = { ...next, updatedAt: 0n };
  }
}

/** Somebody else has written how the task is by now. */
export class GoneOnWith extends Error {}

/** Nothing was sent. */
const UNASKED = ["connect", "busy", "refused_address", "invalid_request", "not_running"];

const isAborted = (error: unknown): boolean => OutboundError.isInstance(error) && error.kind === "aborted";

export const takenOver = () =>
  new A2AError("UnsupportedOperation", "The task was gone on with meanwhile; ask for it to see how it is");
