import type { JsonObject } from "@agentgate/protocol/a2a";
import type { ServerQuestion } from "../../../mcp-servers/index.ts";
import { OutboundError } from "../../../outbound/index.ts";
import type { Micros, Sealer, Timestamps } from "../../../runtime/index.ts";
import type { Storage } from "../../../storage/index.ts";
import type { InputRequests } from "./input-requests.ts";

/** A task of a tool that is not over with one answer: MCP servers keep none that callers could ask for. */
export interface ToolTask {
  id: string;
  agentId: string;
  /** Whose it is: as the agent's other tasks are kept apart by. */
  owner: string;
  contextId: string;
  /** Which turn it is in: an answer is to one turn, and to no other. */
  turn: number;
  state: "working" | "input-required" | "over";
  tool: string;
  args: JsonObject;
  /** Of the tool as it was approved when the task began. */
  digest: string;
  /** What the tool waits for. */
  asked?: InputRequests | undefined;
  /** The server's own word of where it was, to be given back as it is. */
  requestState?: string | undefined;
  /** The server's name for it, where the server keeps it. */
  upstreamId?: string | undefined;
  /** Where what it waits for is answered, where its server has asked in the middle of a call. */
  askedAt?: Omit<ServerQuestion, "params"> | undefined;
  /** The last that was told of it, in 1.0's shape. */
  told: JsonObject;
  updatedAt: Micros;
}

/** What of it is sealed: arguments and states are between a caller and its server. */
type Sealed = Pick<ToolTask, "args" | "asked" | "requestState" | "upstreamId" | "askedAt" | "told">;

/** A task that says more is kept without what its tool has answered. */
const TOLD_LENGTH_MAX = 262_144;
const ARGS_LENGTH_MAX = 262_144;

/** Whether a tool that asks back can be called again with these arguments, which are kept until it is answered. */
export const isKeepable = (args: JsonObject): boolean => JSON.stringify(args).length <= ARGS_LENGTH_MAX;
const PURPOSE = "tool task";
const FORGOTTEN_AT_ONCE = 250;
/** Of half a megabyte each at most. */
const PER_OWNER_MAX = 1_000;

export interface ToolTaskStoreOptions {
  storage: Storage;
  sealer: Sealer;
  timestamps: Timestamps;
  /** Tasks that one caller may have of all agents together. */
  perOwner?: number;
}

/** Where tasks of tools are kept between their turns, for any node to go on with. */
export class ToolTaskStore {
  readonly #storage: Storage;
  readonly #sealer: Sealer;
  readonly #timestamps: Timestamps;

  readonly #perOwner: number;

  constructor({ storage, sealer, timestamps, perOwner = PER_OWNER_MAX }: ToolTaskStoreOptions) {
    this.#perOwner = perOwner;
    this.#storage = storage;
    this.#sealer = sealer;
    this.#timestamps = timestamps;
  }

  /** Somebody else's is as one that is not there. */
  async find(agentId: string, id: string, owner: string): Promise<ToolTask | undefined> {
    const row = await this.#storage.db
      .selectFrom("tool_tasks")
      .selectAll()
      .where("id", "=", id)
      .where("agent_id", "=", agentId)
      .where("owner", "=", owner)
      .executeTakeFirst();
    if (!row) return undefined;
    const sealed: Sealed = JSON.parse(this.#sealer.open(row.sealed, purposeOfToolTask(id)));
    const { context_id: contextId, tool, digest, state, turn, updated_at: updatedAt } = row;
    return { id, agentId, owner, contextId, tool, digest, state, turn: Number(turn), updatedAt, ...sealed };
  }

  /** @throws OutboundError `busy` for an owner that has as many that are not over as one may have */
  async insert(task: Omit<ToolTask, "updatedAt">): Promise<void> {
    await this.#makeRoom(task.owner);
    await this.#storage.db.insertInto("tool_tasks").values(this.#rowOf(task)).execute();
  }

  /** Of an owner that has its share, those that are over go first, the longest untouched before the others. */
  async #makeRoom(owner: string): Promise<void> {
    const { db } = this.#storage;
    const own = db.selectFrom("tool_tasks").where("owner", "=", owner).orderBy("updated_at");
    const held = await own.select(["id", "state"]).limit(this.#perOwner).execute();
    if (held.length < this.#perOwner) return;
    const over = held.filter(({ state }) => state === "over").slice(0, Math.ceil(this.#perOwner / 10));
    if (over.length === 0) {
      throw new OutboundError(
        "busy",
        `${this.#perOwner} tasks of tools wait or go on for this caller already: answer or cancel some`,
      );
    }
    const ids = over.map(({ id }) => id);
    await db.deleteFrom("tool_tasks").where("id", "in", ids).where("state", "=", "over").execute();
  }

  /** Writes the task anew, unless another turn has begun meanwhile. Answers whether it did. */
  async update(task: Omit<ToolTask, "updatedAt">, from: Pick<ToolTask, "turn" | "state">): Promise<boolean> {
    const { id: _, agent_id: __, ...row } = this.#rowOf(task);
    const { numUpdatedRows } = await this.#storage.db
      .updateTable("tool_tasks")
      .set(row)
      .where("id", "=", task.id)
      .where("turn", "=", BigInt(from.turn))
      .where("state", "=", from.state)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  /** Forgets those that nobody has touched since, page by page; yields the oldest moment that it has seen. */
  async *forget(before: Micros): AsyncIterable<Micros | undefined> {
    const { db } = this.#storage;
    const oldest = await db
      .selectFrom("tool_tasks")
      .select("updated_at")
      .orderBy("updated_at")
      .limit(1)
      .executeTakeFirst();
    yield oldest?.updated_at;
    for (;;) {
      const old = db
        .selectFrom("tool_tasks")
        .select("id")
        .where("updated_at", "<", before)
        .orderBy("updated_at")
        .limit(FORGOTTEN_AT_ONCE);
      const { numDeletedRows } = await db.deleteFrom("tool_tasks").where("id", "in", old).executeTakeFirst();
      if (numDeletedRows < BigInt(FORGOTTEN_AT_ONCE)) return;
      yield undefined;
    }
  }

  #rowOf(task: Omit<ToolTask, "updatedAt">) {
    const { asked, requestState, upstreamId, askedAt } = task;
    const told = keepable(task.told);
    // One that is over is gone on with by nobody.
    const sealed: Sealed =
      task.state === "over"
        ? { args: {}, told }
        : { args: keptArgs(task), asked, requestState, upstreamId, askedAt, told };
    return {
      id: task.id,
      agent_id: task.agentId,
      owner: task.owner,
      context_id: task.contextId,
      tool: task.tool,
      digest: task.digest,
      state: task.state,
      turn: BigInt(task.turn),
      sealed: this.#sealer.seal(JSON.stringify(sealed), purposeOfToolTask(task.id)),
      updated_at: this.#timestamps(),
    };
  }
}

export const purposeOfToolTask = (id: string) => `${PURPOSE} ${id}`;

/** A server that keeps its task itself is not told them again. */
const keptArgs = ({ args }: Pick<ToolTask, "args">): JsonObject => (isKeepable(args) ? args : {});

function keepable(told: JsonObject): JsonObject {
  if (JSON.stringify(told).length <= TOLD_LENGTH_MAX) return told;
  const { artifacts: _, ...rest } = told;
  if (JSON.stringify(rest).length <= TOLD_LENGTH_MAX) return rest;
  const { message: __, ...status } = told.status as JsonObject;
  return { ...rest, status };
}
