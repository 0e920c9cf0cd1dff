import { type Leases, Shifts } from "../../leases/index.ts";
import { type McpServers, ServerError, ServerStatusError, tellsChanges } from "../../mcp-servers/index.ts";
import { type Clock, type Log, pause, type Random, Shares } from "../../runtime/index.ts";
import type { Storage } from "../../storage/index.ts";
import { type Agent, shareOwner } from "../agent.ts";
import { isServing } from "../approval/approval.ts";
import { AGENTS_TOPIC } from "../store.ts";
import type { McpTools } from "./mcp-tools.ts";
import type { McpServerStore } from "./server-store.ts";

export interface ServerWatchOptions {
  servers: Pick<McpServers, "watch">;
  serverStore: Pick<McpServerStore, "telling">;
  tools: Pick<McpTools, "reread" | "serverOf" | "placeOf">;
  find(agentId: string): Agent | undefined | Promise<Agent | undefined>;
  storage: Pick<Storage, "changes">;
  leases: Leases;
  clock: Clock;
  random: Random;
  log: Log;
}

/** A server that is listened to, as long as its agent is there. */
interface Watched {
  readonly url: string;
  readonly owner: string;
  readonly over: AbortController;
}

const LEASE = "mcp-servers";
const PLACES = { total: 256, perOwner: 32 };
/** All servers are gone through anew so often; those that change, as they do. */
const ROUND_MS = 300_000;
const BETWEEN_MS = 1_000;
const PAGE = 256;
const CHANGED_MAX = 1_000;
const AGAIN_AFTER_FAULT_MS = 10_000;
/** A list is read so often at most, however often its server says that it is another. */
const REREAD_MS = 10_000;
const AGAIN_MS = 1_000;
const AGAIN_MAX_MS = 300_000;
/** A stream that was open for so long was a good one. */
const STEADY_MS = 60_000;
/** After a server has said that there is no such stream. */
const REFUSED_MS = 3_600_000;

/**
 * Listens to the MCP servers that say when their tools change, one stream for each from one node at a time: whatever they change is
 * quarantined at once, on all nodes, for what was found is in the database. Servers for which there is no place are read as often as they say,
 * as all are.
 */
export class ServerWatch {
  readonly #options: ServerWatchOptions;
  readonly #shifts: Shifts;
  readonly #places = new Shares(PLACES);
  readonly #watched = new Map<string, Watched>();
  readonly #streams = new Set<Promise<void>>();
  /** Agents that have changed since they were looked at; undefined where any may have. */
  #changed: Set<string> | undefined;
  #wake = () => {};

  constructor(options: ServerWatchOptions) {
    this.#options = options;
    const { leases, storage } = options;
    this.#shifts = new Shifts({ leases, lease: LEASE, work: (over) => this.#work(over) });
    storage.changes.subscribe(AGENTS_TOPIC, (ids) => {
      if (!this.#shifts.isHeld) return;
      for (const id of ids ?? []) this.#changed?.add(id);
      if (!ids || (this.#changed && this.#changed.size > CHANGED_MAX)) this.#changed = undefined;
      this.#wake();
    });
  }

  start(): void {
    this.#shifts.start();
  }

  close(): Promise<void> {
    return this.#shifts.close();
  }

  async #work(over: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    this.#changed = undefined;
    let roundAt = clock.monotonic();
    while (!over.aborted) {
      const woken = new AbortController();
      this.#wake = () => woken.abort();
      const changed = this.#changed;
      this.#changed = new Set();
      try {
        await this.#look(changed, over);
        if (!changed) roundAt = clock.monotonic();
        const untilRoundMs = Math.max(0, roundAt + ROUND_MS - clock.monotonic());
        await pause(clock, untilRoundMs, AbortSignal.any([over, woken.signal]));
        if (clock.monotonic() >= roundAt + ROUND_MS) this.#changed = undefined;
        await pause(clock, BETWEEN_MS, over);
      } catch (error) {
        log.warn({ err: error }, "MCP servers that are to be listened to cannot be read");
        this.#changed = undefined;
        await pause(clock, AGAIN_AFTER_FAULT_MS, over);
      }
    }
    this.#wake = () => {};
    for (const id of [...this.#watched.keys()]) this.#leave(id);
    await Promise.all(this.#streams);
  }

  async #look(changed: ReadonlySet<string> | undefined, over: AbortSignal): Promise<void> {
    const { serverStore } = this.#options;
    for (const id of changed ?? [...this.#watched.keys()]) await this.#consider(id, over);
    if (changed) return;
    for (let after: string | undefined = ""; after !== undefined && !over.aborted; ) {
      const page: Awaited<ReturnType<McpServerStore["telling"]>> = await serverStore.telling(PAGE, after);
      for (const id of page.ids) await this.#consider(id, over);
      after = page.next;
    }
  }

  /** Listens to an agent's server from now on, or does so no more, as it is now. */
  async #consider(id: string, over: AbortSignal): Promise<void> {
    const { find, tools } = this.#options;
    const agent = await find(id);
    const server = agent?.protocol === "mcp" && isServing(agent) ? await tools.serverOf(id) : undefined;
    const isDue = agent && server && tellsChanges(server.capabilities);
    const watched = this.#watched.get(id);
    if (watched && (!isDue || watched.url !== agent.url)) this.#leave(id);
    if (!isDue || over.aborted || this.#watched.has(id)) return;
    const owner = shareOwner(agent);
    if (!this.#places.take(owner)) return;
    const begun: Watched = { url: agent.url, owner, over: new AbortController() };
    this.#watched.set(id, begun);
    const stream = this.#watch(id, begun).finally(() => {
      this.#streams.delete(stream);
      this.#places.give(owner);
    });
    this.#streams.add(stream);
  }

  #leave(id: string): void {
    this.#watched.get(id)?.over.abort();
    this.#watched.delete(id);
  }

  /** Never rejects. */
  async #watch(id: string, { over: { signal } }: Watched): Promise<void> {
    const { clock, random } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      const openedAt = clock.monotonic();
      const isRefused = await this.#listen(id, signal);
      failures = clock.monotonic() - openedAt >= STEADY_MS ? 0 : failures + 1;
      const waitMs = isRefused ? REFUSED_MS : Math.min(AGAIN_MAX_MS, AGAIN_MS * 2 ** Math.min(failures, 20));
      await pause(clock, waitMs * (0.5 + random.fraction() / 2), signal);
    }
  }

  /** One stream, to its end. Answers whether its server has none. */
  async #listen(id: string, signal: AbortSignal): Promise<boolean> {
    const { servers, tools, find, clock, log } = this.#options;
    const reread = async () => {
      try {
        const agent = await find(id);
        if (agent) await tools.reread(agent);
      } catch (error) {
        log.debug({ err: error, agentId: id }, "an MCP server's tools could not be read anew");
      }
    };
    let opening: Promise<void> | undefined;
    // What has changed while nobody listened, nobody was told.
    const onOpen = () => {
      opening ??= reread();
    };
    let reading: Promise<void> | undefined;
    let isAsked = false;
    const read = async () => {
      while (isAsked && !signal.aborted) {
        isAsked = false;
        await reread();
        await pause(clock, REREAD_MS, signal);
      }
      reading = undefined;
    };
    const onChanged = () => {
      isAsked = true;
      reading ??= read();
    };
    try {
      const agent = await find(id);
      const server = await tools.serverOf(id);
      if (!agent || !server) return false;
      const place = await tools.placeOf(agent);
      if (signal.aborted) return false;
      const stream = servers.watch(place, server.speech, { onOpen, onChanged });
      signal.addEventListener("abort", stream.abort);
      await stream.response.finally(() => signal.removeEventListener("abort", stream.abort));
      return false;
    } catch (error) {
      if (signal.aborted) return false;
      log.debug({ err: error, agentId: id }, "an MCP server is not listened to any more");
      return hasNoStream(error);
    } finally {
      // No server makes the gateway read more often by ending its streams.
      await Promise.all([opening, reading]);
    }
  }
}

/** Whether a server has refused for good, and not for now. */
const hasNoStream = (error: unknown): boolean =>
  (error instanceof ServerError && [-32600, -32601, -32602].includes(error.code)) ||
  (error instanceof ServerStatusError && [400, 404, 405, 406, 501].includes(error.status));
