import type { Clock, Random } from "../../runtime/index.ts";
import type { Storage } from "../../storage/index.ts";

/** A call that has outlasted its request. */
export interface McpTask {
  /** As the client knows it. */
  id: string;
  /** Whose. */
  scope: string;
  agentId: string;
  /** As the agent knows it. */
  taskId: string;
  contextId: string;
  /** The tool's name on the gateway's address. */
  tool: string;
  /** Questions of the agent so far. */
  turn: number;
  /** Digest of the last question; empty before the first. */
  question: string;
  /** As it was last seen. */
  state: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
  updatedAt: number;
}

/** How long a task can be asked for, in milliseconds. */
export const TASK_KEPT_MS = 86_400_000;
/** Of one caller's at once: whatever comes beyond is answered when it is done. */
const PER_CALLER_MAX = 1_000;
const ID_BYTES = 16;

/** Where tasks are kept, for any node to find. */
export class TaskRows {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor({ storage, clock, random }: { storage: Storage; clock: Clock; random: Random }) {
    this.#storage = storage;
    this.#clock = clock;
    this.#random = random;
  }

  /** Whether the caller may have one more. */
  async hasRoom(scope: string): Promise<boolean> {
    const live = this.#storage.db
      .selectFrom("mcp_tasks")
      .select("id")
      .where("caller", "=", scope)
      .where("ends_at", ">", micros(this.#clock.now()))
      .limit(PER_CALLER_MAX);
    return (await live.execute()).length < PER_CALLER_MAX;
  }

  /** Committed when this resolves. */
  async create(task: Omit<McpTask, "id" | "question" | "state" | "createdAt" | "updatedAt">): Promise<McpTask> {
    const now = this.#clock.now();
    const id = Buffer.from(this.#random.bytes(ID_BYTES)).toString("base64url");
    const made: McpTask = { ...task, id, question: "", state: "working", createdAt: now, updatedAt: now };
    await this.#storage.db
      .insertInto("mcp_tasks")
      .values({
        id,
        caller: task.scope,
        agent_id: task.agentId,
        task_id: task.taskId,
        context_id: task.contextId,
        tool: task.tool,
        turn: BigInt(task.turn),
        question: "",
        state: made.state,
        created_at: micros(now),
        updated_at: micros(now),
        ends_at: micros(now + TASK_KEPT_MS),
      })
      .execute();
    return made;
  }

  /** Somebody else's is none. */
  async find(id: string, scope: string): Promise<McpTask | undefined> {
    const row = await this.#storage.db.selectFrom("mcp_tasks").selectAll().where("id", "=", id).executeTakeFirst();
    if (!row || row.caller !== scope || row.ends_at <= micros(this.#clock.now())) return undefined;
    return {
      id: row.id,
      scope: row.caller,
      agentId: row.agent_id,
      taskId: row.task_id,
      contextId: row.context_id,
      tool: row.tool,
      turn: Number(row.turn),
      question: row.question,
      state: row.state,
      createdAt: Number(row.created_at / 1000n),
      updatedAt: Number(row.updated_at / 1000n),
    };
  }

  /** The task has moved on. Nothing is written where another node has seen it first. */
  async moved(
    task: McpTask,
    { state, question, turn }: Pick<McpTask, "state" | "question" | "turn">,
  ): Promise<McpTask> {
    if (state === task.state && question === task.question && turn === task.turn) return task;
    const updatedAt = Math.max(this.#clock.now(), task.updatedAt);
    await this.#storage.db
      .updateTable("mcp_tasks")
      .set({ state, question, turn: BigInt(turn), updated_at: micros(updatedAt) })
      .where("id", "=", task.id)
      .where("turn", "=", BigInt(task.turn))
      .execute();
    return { ...task, state, question, turn, updatedAt };
  }
}

const micros = (ms: number): bigint => BigInt(Math.floor(ms)) * 1000n;
