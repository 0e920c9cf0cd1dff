import { A2AError, type JsonObject } from "@agentgate/protocol/a2a";
import { type Holding, OutboundError } from "../outbound/index.ts";
import { Payload, translateResult } from "../routing/index.ts";
import type { Clock } from "../runtime/index.ts";
import { type AgentLink, V1 } from "./agent-link.ts";
import type { IndexedTask } from "./indexed-task.ts";
import type { Ownership } from "./ownership.ts";
import { factsOfTask } from "./task-facts.ts";

export interface TaskFetchesOptions {
  link: AgentLink;
  ownership: Ownership;
  clock: Clock;
  /** By the monotonic clock: nothing is asked for later. */
  endsAt: number;
  /** Whether one more request may go to the agent. */
  mayAsk(): boolean | Promise<boolean>;
  /** What is asked for beside the task's id. */
  settings: JsonObject;
  /** What is kept of a task. */
  shape(task: JsonObject): JsonObject;
}

const AT_ONCE = 4;
/** An answer that may have no more bytes than this is not worth asking for. */
const BYTES_MIN = 16_384;
/** A task beyond this is told as it is remembered: many of them, built one after the other, would hold everybody up. */
const BYTES_MAX = 2 * 1024 * 1024;

/**
 * The tasks that one list asks its agent for: each once, a few at a time, and all of them within what one answer may take, in time and in
 * bytes. Of each is kept, as text, what may be told of it and nothing else.
 */
export class TaskFetches {
  readonly #options: TaskFetchesOptions;
  readonly #held: Holding;
  readonly #texts = new Map<string, string | undefined>();
  #bytesLeft: number;
  #hasSome = false;

  constructor(options: TaskFetchesOptions) {
    this.#options = options;
    this.#held = options.link.hold();
    this.#bytesLeft = options.link.answerBytesMax;
  }

  /** Asks for those that were not asked for yet. @throws OutboundError and the like, while no task has come at all */
  async ask(tasks: readonly IndexedTask[]): Promise<void> {
    const waiting = tasks.filter(({ taskId }) => !this.#texts.has(taskId));
    const worker = async () => {
      for (let task = waiting.shift(); task; task = waiting.shift())
        this.#texts.set(task.taskId, await this.#fetch(task));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  /** The task as JSON; undefined when it could not be had. */
  text(taskId: string): string | undefined {
    return this.#texts.get(taskId);
  }

  /** Forgets all tasks but these. */
  keepOnly(taskIds: ReadonlySet<string>): void {
    for (const [taskId, text] of this.#texts) {
      if (taskIds.has(taskId)) continue;
      this.#texts.delete(taskId);
      this.#held.set(this.#held.bytes - (text?.length ?? 0));
    }
  }

  /** To be called in any case, when the list is made or given up. */
  release(): void {
    this.#texts.clear();
    this.#held.release();
  }

  async #fetch(known: IndexedTask): Promise<string | undefined> {
    const { link, clock, endsAt, mayAsk } = this.#options;
    const leftMs = endsAt - clock.monotonic();
    const bytesMax = Math.min(BYTES_MAX, Math.floor(this.#bytesLeft / AT_ONCE));
    if (link.aborted || leftMs <= 0 || bytesMax < BYTES_MIN || !(await mayAsk())) return undefined;
    this.#bytesLeft -= bytesMax;
    try {
      const { text, bytes } = await this.#ask(known, leftMs, bytesMax);
      this.#bytesLeft += bytesMax - Math.min(bytes, bytesMax);
      this.#hasSome = true;
      return text;
    } catch (error) {
      if (A2AError.isInstance(error) || isTooMuch(error) || this.#hasSome) return undefined;
      throw error;
    }
  }

  async #ask(known: IndexedTask, timeoutMs: number, bytesMax: number): Promise<{ text: string; bytes: number }> {
    const { link, ownership, settings, shape } = this.#options;
    const params = Payload.ofValue(V1, { id: known.taskId, ...settings });
    const { result } = await link.request("GetTask", params, timeoutMs, bytesMax);
    const bytes = result.text.length;
    const task = translateResult("GetTask", result, V1).object;
    const facts = factsOfTask(task);
    if (facts) await ownership.record(facts, known);
    const text = JSON.stringify(shape(task));
    this.#held.set(this.#held.bytes + text.length);
    return { text, bytes };
  }
}

const isTooMuch = (error: unknown): boolean =>
  OutboundError.isInstance(error) && (error.kind === "too_large" || error.kind === "no_room");
