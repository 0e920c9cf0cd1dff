import { createHash } from "node:crypto";
import type { Dialect, JsonObject } from "@agentgate/protocol/a2a";
import { caughtUp } from "../routing/index.ts";
import type { Clock, Random } from "../runtime/index.ts";
import type { StreamReply } from "./call.ts";
import { ReaderEvents } from "./reader-events.ts";

export interface PiecewiseAnswerOptions {
  /** The reader's. */
  dialect: Dialect;
  /** Of a task that waited for its caller, who goes on with it; else a new one. */
  taskId: string;
  contextId: string;
  /** By the monotonic clock: how long a reader who lags is waited for. */
  endsAt: number;
  clock: Clock;
  random: Random;
  /** Told of the stream as soon as there is something in it. */
  begun(reply: StreamReply): void;
  /** The reader has left. */
  left(): void;
}

/**
 * What an agent that knows nothing of A2A says piece by piece, as the stream of a task: the task at work, updates of one artifact, and how it
 * has ended. No piece is kept: each waits for the reader, and so does the agent. The task is one of this stream alone.
 */
export class PiecewiseAnswer {
  readonly #options: PiecewiseAnswerOptions;
  readonly #artifactId: string;
  readonly #reader = Promise.withResolvers<ReaderEvents | undefined>();
  readonly #over = Promise.withResolvers<void>();
  /** Of all pieces, one behind the other: whether the whole answer says anything else. */
  readonly #pieces = createHash("sha256");
  #hasBegun = false;
  #hasPieces = false;

  constructor(options: PiecewiseAnswerOptions) {
    this.#options = options;
    this.#artifactId = options.random.uuid();
  }

  /** Whether the caller is told the answer as a task. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** A piece of the answer. Answers whether the reader has it. */
  readonly piece = (text: string): Promise<boolean> => {
    this.#pieces.update(text);
    const append = this.#hasPieces;
    this.#hasPieces = true;
    return this.#tell(this.#artifact([{ text }], { append, lastChunk: false }));
  };

  /** How far the agent is, which is no piece of its answer. */
  readonly progress = (text: string): Promise<boolean> => this.#tell(this.#status("TASK_STATE_WORKING", text));

  /** The whole answer. Told as the end of the pieces where it says the same, else in their place. */
  completed(parts: JsonObject[]): JsonObject {
    const [only, ...others] = parts;
    const isSame = this.#hasPieces && others.length === 0 && this.#isTold(only?.text ?? only?.data);
    const last = this.#artifact(isSame ? [{ text: "" }] : parts, { append: isSame, lastChunk: true });
    this.#end(last, this.#status("TASK_STATE_COMPLETED"));
    const { taskId: id, contextId } = this.#options;
    const artifacts = [{ artifactId: this.#artifactId, parts }];
    return { id, contextId, status: this.#state("TASK_STATE_COMPLETED"), artifacts };
  }

  failed(detail: string): void {
    this.#end(this.#status("TASK_STATE_FAILED", detail));
  }

  #isTold(text: unknown): boolean {
    return typeof text === "string" && createHash("sha256").update(text).digest().equals(this.#pieces.digest());
  }

  #artifact(parts: JsonObject[], marks: { append: boolean; lastChunk: boolean }): JsonObject {
    const { taskId, contextId } = this.#options;
    return { artifactUpdate: { taskId, contextId, artifact: { artifactId: this.#artifactId, parts }, ...marks } };
  }

  #status(state: string, text?: string): JsonObject {
    const { taskId, contextId } = this.#options;
    return { statusUpdate: { taskId, contextId, status: this.#state(state, text) } };
  }

  #state(state: string, text?: string): JsonObject {
    const { taskId, contextId, clock, random } = this.#options;
    const said = { messageId: random.uuid(), taskId, contextId, role: "ROLE_AGENT", parts: [{ text }] };
    return { state, timestamp: new Date(clock.now()).toISOString(), ...(text !== undefined && { message: said }) };
  }

  /** Nobody waits for the reader of these: how the agent's turn has ended is known. */
  #end(...events: JsonObject[]): void {
    const tellAll = async () => {
      for (const event of events) if (!(await this.#tell(event))) return;
    };
    tellAll().then(this.#over.resolve, this.#over.reject);
  }

  async #tell(event: JsonObject): Promise<boolean> {
    const isFirst = !this.#hasBegun;
    if (isFirst) {
      this.#hasBegun = true;
      this.#options.begun(this.#reply());
    }
    const reader = await this.#reader.promise;
    if (!reader) return false;
    if (isFirst) {
      const { taskId: id, contextId } = this.#options;
      const task = { id, contextId, status: this.#state("TASK_STATE_WORKING") };
      if (!(await reader.takeUpdate({ task }))) return false;
    }
    return reader.takeUpdate(event);
  }

  #reply(): StreamReply {
    const { dialect, clock, endsAt, left } = this.#options;
    return {
      read: async (take) => {
        const reader = new ReaderEvents({ dialect, take, onTaken() {}, clock });
        this.#reader.resolve(reader);
        await this.#over.promise;
        await reader.end();
      },
      awaitReader: (lagging, sink) => caughtUp(lagging, sink, endsAt, clock),
      cancel: () => {
        left();
        this.#reader.resolve(undefined);
        this.#over.resolve();
      },
    };
  }
}
