import { isObject, type JsonObject } from "@agentgate/protocol/a2a";
import type { HoldState } from "../ledger/index.ts";
import type { Storage } from "../storage/index.ts";
import { idKey } from "./id-key.ts";

export interface PaidTasksOptions {
  storage: Storage;
  /** What has become of a hold of the ledger; undefined when there is none of this id. */
  holdState(id: string): Promise<HoldState | undefined>;
  /** Deletes a task's push configs, with what waits to be delivered to them. */
  forgetConfigs(agentId: string, taskId: string): Promise<void>;
}

/** Of the last paid call about a task: whether a piece of it was told beside its answer. */
const UNSEEN = 0n;
const SEEN = 1n;
/** Its caller left without a piece, and was let off: nothing of it is told any more. */
const CLOSED = 2n;

/**
 * What may be told, by polls, subscriptions and notifications, of tasks that somebody pays for: nothing of a call that was released, and
 * what is told of one under way is paid for. What became of the money is asked of the ledger, so that a call whose node died is known, too.
 */
export class PaidTasks {
  readonly #storage: Storage;
  readonly #holdState: PaidTasksOptions["holdState"];
  readonly #forgetConfigs: PaidTasksOptions["forgetConfigs"];

  constructor({ storage, holdState, forgetConfigs }: PaidTasksOptions) {
    this.#storage = storage;
    this.#holdState = holdState;
    this.#forgetConfigs = forgetConfigs;
  }

  /** A paid call goes on with a task: what is told of it from now on is the call's. Answers the hold that stood for it before. */
  async takeOver(agentId: string, taskId: string, hold: string): Promise<string | null> {
    const before = (await this.#find(agentId, taskId))?.hold ?? null;
    await this.#update(agentId, taskId).set({ hold, shown: UNSEEN }).execute();
    return before;
  }

  /** The agent had nothing to do with that call: the task is again what it was before. */
  async giveBack(agentId: string, taskId: string, hold: string, before: string | null): Promise<void> {
    const same = this.#update(agentId, taskId).where("hold", "=", hold).where("shown", "=", UNSEEN);
    await same.set({ hold: before }).execute();
  }

  /**
   * A call whose caller left without a piece is to be released. False when it cannot be: it has told something in another way, or its agent
   * has completed the task; then it is to be settled.
   */
  async close(agentId: string, taskId: string, hold: string): Promise<boolean> {
    const unseen = this.#update(agentId, taskId).where("hold", "=", hold).where("shown", "=", UNSEEN);
    const { numUpdatedRows } = await unseen
      .where("state", "<>", "TASK_STATE_COMPLETED")
      .set({ shown: CLOSED })
      .executeTakeFirst();
    if (numUpdatedRows > 0n) {
      await this.#forgetConfigs(agentId, taskId);
      return true;
    }
    const row = await this.#find(agentId, taskId);
    return row?.hold !== hold;
  }

  /** Whether a piece of a task may be told now. If so, it is: a call under way is paid for. */
  async mayTell(agentId: string, taskId: string): Promise<boolean> {
    const row = await this.#find(agentId, taskId);
    if (!row || row.hold === null) return true;
    if (row.shown === CLOSED) return false;
    const state = await this.#holdState(row.hold);
    if (state === "released" || state === "expired") return false;
    if (state !== "pending" || row.shown === SEEN) return true;
    const unseen = this.#update(agentId, taskId).where("hold", "=", row.hold).where("shown", "=", UNSEEN);
    const { numUpdatedRows } = await unseen.set({ shown: SEEN }).executeTakeFirst();
    return numUpdatedRows > 0n || this.mayTell(agentId, taskId);
  }

  /** What a notification of a task that is not known yet waits for. */
  async mayTellOf(hold: string | null): Promise<"yes" | "later" | "no"> {
    const state = hold === null ? "settled" : await this.#holdState(hold);
    if (state === "pending") return "later";
    return state === "released" || state === "expired" ? "no" : "yes";
  }

  #find(agentId: string, taskId: string) {
    const rows = this.#storage.db.selectFrom("a2a_tasks").select(["hold", "shown"]);
    return rows.where("key", "=", idKey(agentId, taskId)).executeTakeFirst();
  }

  #update(agentId: string, taskId: string) {
    return this.#storage.db.updateTable("a2a_tasks").where("key", "=", idKey(agentId, taskId));
  }
}

/**
 * Whether a result or event in 1.0's shape holds a piece of the agent's work: an artifact or a message of it, also one that comes with a
 * state. A state alone is none, nor is why a task ended without success, nor what the caller said itself.
 */
export function hasPiece({ task, message, statusUpdate, artifactUpdate }: JsonObject): boolean {
  if (isObject(artifactUpdate) || isObject(message)) return true;
  if (isObject(statusUpdate)) return speaks(statusUpdate.status);
  return isObject(task) && taskHasPiece(task);
}

export const taskHasPiece = ({ artifacts, status, history }: JsonObject): boolean =>
  (Array.isArray(artifacts) && artifacts.length > 0) ||
  speaks(status) ||
  (Array.isArray(history) && history.some((said) => isObject(said) && !USER.has(said.role)));

/** ProtoJSON names a value of an enum by name or number. */
const USER = new Set<unknown>(["ROLE_USER", 1]);
const UNSUCCESSFUL = new Set<unknown>(["TASK_STATE_FAILED", "TASK_STATE_REJECTED", "TASK_STATE_CANCELED"]);

const speaks = (status: unknown): boolean =>
  isObject(status) && isObject(status.message) && !UNSUCCESSFUL.has(status.state);

/** What is told of a task that nobody paid for: its state, and of one that ended without success why. */
export function stateAlone({ id, contextId, status }: JsonObject): JsonObject {
  return { id, contextId, status: statusAlone(status) };
}

export function statusAlone(status: unknown): JsonObject {
  const { state, timestamp, message } = isObject(status) ? status : {};
  return {
    state,
    ...(timestamp !== undefined && { timestamp }),
    ...(message !== undefined && UNSUCCESSFUL.has(state) && { message }),
  };
}
