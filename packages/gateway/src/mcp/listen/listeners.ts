import { isObject, type JsonObject } from "@agentgate/protocol/a2a";
import { SUBSCRIPTION_ID } from "@agentgate/protocol/mcp";
import type { FastifyReply } from "fastify";
import type { KeyUse } from "../../access/index.ts";
import { AGENTS_TOPIC } from "../../agents/index.ts";
import { Problem } from "../../http/index.ts";
import type { KeyWatch } from "../../orgs/index.ts";
import { type Clock, hashKey, type Log, Shares } from "../../runtime/index.ts";
import type { Changed, Storage } from "../../storage/index.ts";
import { demandTasks } from "../tasks/mcp-tasks.ts";
import { TOOLSETS_TOPIC } from "../toolset/toolsets.ts";
import type { Visit } from "../visit.ts";
import { invalidParams, invalidRequest, McpError } from "../wire/mcp-error.ts";

/** Streams that are open on a node, and of one caller. */
const PLACES = { total: 1_024, perOwner: 16 };
/** Characters of the request that opens a stream, and lives as long as that does. */
const MESSAGE_LENGTH_MAX = 65_536;
/** Tasks that one stream hears of. */
const TASKS_MAX = 16;
/** Between a change and the look at what it changes: changes come together. */
const SETTLE_MS = 1_000;
/** Between two looks at a task, which its agent is asked for. */
const TASK_LOOK_MS = 2_000;

/** What one stream is told of. */
export interface Subscribed {
  /** Whose it is. */
  scope: string;
  /** The keys that it was opened with, and what they have to go on allowing; undefined for one without a key. */
  keyUse: KeyUse | undefined;
  /** Whether a change of these agents, or of these toolsets, may be one of the list; undefined is any. */
  concerns(topic: "agents" | "toolsets", changed: Changed): boolean;
  /** A digest of the list as it is now; undefined where every change that concerns it counts. */
  digest?(): Promise<string>;
  /** A task as the extension tells it. @throws McpError for one that is not the caller's */
  task(taskId: string): Promise<JsonObject>;
}

export interface ListenersOptions {
  storage: Pick<Storage, "changes">;
  keyWatch: Pick<KeyWatch, "watch">;
  clock: Clock;
  log: Log;
}

interface Stream {
  changed(topic: "agents" | "toolsets", keys: Changed): void;
  end(): void;
}

const OVER = new Set(["completed", "failed", "cancelled"]);

/** `subscriptions/listen`: streams that tell when a list of tools, or a task, has changed. Each node tells its own, by the change feed. */
export class Listeners {
  readonly #options: ListenersOptions;
  readonly #places = new Shares(PLACES);
  readonly #streams = new Set<Stream>();
  /** Lists that are to be looked at, one after the other: one change concerns every stream, and is anybody's to make. */
  #looks: Promise<void> = Promise.resolve();

  constructor(options: ListenersOptions) {
    this.#options = options;
    const { changes } = options.storage;
    const tell = (topic: "agents" | "toolsets") => (keys: Changed) => {
      for (const stream of this.#streams) stream.changed(topic, keys);
    };
    changes.subscribe(AGENTS_TOPIC, tell("agents"));
    changes.subscribe(TOOLSETS_TOPIC, tell("toolsets"));
  }

  get count(): number {
    return this.#places.used;
  }

  /** @throws McpError, Problem before the stream is opened */
  async listen(visit: Visit, subscribed: Subscribed): Promise<FastifyReply> {
    const { channel, message } = visit;
    const { list, taskIds } = wantedOf(visit);
    if (!channel.takesEvents) throw invalidRequest("A subscription is answered in events: accept text/event-stream");
    demandShort(visit);
    // Whether each is the caller's. What it says is told when the stream is open, one after the other.
    for (const id of taskIds) await subscribed.task(id);
    const tasks = new Map(taskIds.map((id) => [id, ""]));
    const before = list ? await subscribed.digest?.() : undefined;
    if (!this.#places.take(subscribed.scope)) {
      throw new Problem(429, "As many subscriptions are open as may; end some, or come back", {
        headers: { "retry-after": "10" },
      });
    }
    const id: unknown = JSON.parse(message.id);
    const _meta = { [SUBSCRIPTION_ID]: id };
    const tell = (method: string, params: object) =>
      void channel.notify(method, { ...params, _meta }, (lagging, sink) => lagging.then(() => !sink.closed));
    const open = this.#open(subscribed, tell, { list, tasks, before });
    const stream: Stream = {
      changed: open.changed,
      end: () => {
        leave();
        channel.complete({ _meta });
      },
    };
    let stopWatching = () => {};
    const leave = () => {
      if (!this.#streams.delete(stream)) return;
      open.close();
      stopWatching();
      this.#places.give(subscribed.scope);
    };
    this.#streams.add(stream);
    channel.open();
    tell("notifications/subscriptions/acknowledged", {
      notifications: { ...(list && { toolsListChanged: true }), ...(taskIds.length > 0 && { taskIds }) },
    });
    open.begin();
    channel.onLeave(leave);
    if (subscribed.keyUse) stopWatching = this.#options.keyWatch.watch(subscribed.keyUse, () => stream.end());
    return channel.reply;
  }

  /** The node stops: every stream is told its end. */
  close(): void {
    for (const stream of [...this.#streams]) stream.end();
  }

  /** What goes on while a stream is open. */
  #open(
    subscribed: Subscribed,
    tell: (method: string, params: object) => void,
    { list, tasks, before }: { list: boolean; tasks: Map<string, string>; before: string | undefined },
  ): { begin(): void; changed: Stream["changed"]; close(): void } {
    const { clock, log } = this.#options;
    let digest = before;
    let isClosed = false;
    let cancelLook: (() => void) | undefined;
    let cancelTasks = () => {};
    const look = async () => {
      if (isClosed) return;
      cancelLook = undefined;
      const now = await subscribed.digest?.();
      if (isClosed || (now !== undefined && now === digest)) return;
      digest = now;
      tell("notifications/tools/list_changed", {});
    };
    const lookAt = async (taskId: string) => {
      const now = await subscribed.task(taskId);
      if (isClosed) return;
      const told = hashKey(JSON.stringify(now));
      if (told !== tasks.get(taskId)) tell("notifications/tasks", now);
      if (OVER.has(now.status as string)) tasks.delete(taskId);
      else tasks.set(taskId, told);
    };
    const lookAtTasks = async () => {
      for (const taskId of tasks.keys()) {
        try {
          await lookAt(taskId);
        } catch (error) {
          // One that was forgotten tells nothing more.
          if (error instanceof McpError) tasks.delete(taskId);
          else log.warn({ err: error }, "a task of a subscription could not be looked at");
        }
        if (isClosed) return;
      }
      if (tasks.size > 0) cancelTasks = clock.after(TASK_LOOK_MS, () => void lookAtTasks());
    };
    return {
      begin() {
        if (tasks.size > 0) void lookAtTasks();
      },
      changed: (topic, keys) => {
        if (!list || cancelLook || !subscribed.concerns(topic, keys)) return;
        cancelLook = clock.after(SETTLE_MS, () => {
          const toldOf = (error: unknown) =>
            log.warn({ err: error }, "a list of a subscription could not be looked at");
          this.#looks = this.#looks.then(look).catch(toldOf);
        });
      },
      close() {
        isClosed = true;
        cancelLook?.();
        cancelTasks();
      },
    };
  }
}

/** @throws McpError for a message that is too long to be kept with its stream */
export function demandShort({ request }: Pick<Visit, "request">): void {
  if (String(request.body).length <= MESSAGE_LENGTH_MAX) return;
  throw invalidRequest(`A subscription is kept with its message, of ${MESSAGE_LENGTH_MAX} characters at most`, 413);
}

/** @throws McpError -32602, or -32021 for tasks of a client that takes none */
function wantedOf(visit: Visit): { list: boolean; taskIds: string[] } {
  const { notifications } = visit.message.params;
  if (!isObject(notifications)) throw invalidParams("notifications says what to tell of");
  const { toolsListChanged, taskIds } = notifications;
  if (taskIds === undefined) return { list: toolsListChanged === true, taskIds: [] };
  demandTasks(visit);
  if (!Array.isArray(taskIds) || taskIds.length > TASKS_MAX || !taskIds.every((id) => typeof id === "string")) {
    throw invalidParams(`taskIds names ${TASKS_MAX} tasks at most`);
  }
  return { list: toolsListChanged === true, taskIds: [...new Set(taskIds)] };
}
