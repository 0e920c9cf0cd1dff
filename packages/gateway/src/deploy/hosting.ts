import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Problem } from "../http/index.ts";
import type { Hold, Leases } from "../leases/index.ts";
import type { Dialer } from "../outbound/index.ts";
import type { Clock, Log, Random } from "../runtime/index.ts";
import { AgentDirectory, type Description } from "./agent-directory.ts";
import { LogRing } from "./log-ring.ts";
import type { Runtime } from "./runtime.ts";
import type { DeploymentSecrets } from "./secrets.ts";
import type { Deployment, DeploymentStore } from "./store.ts";
import { type Fate, Supervisor } from "./supervisor.ts";

export interface HostingOptions {
  /** Where everything of hosted agents is. */
  directory: string;
  nodeName: string;
  runtime: Runtime;
  store: DeploymentStore;
  secrets: DeploymentSecrets;
  dialer: Dialer;
  leases: Leases;
  clock: Clock;
  random: Random;
  log: Log;
  /** The most agents that this node runs; an organization may have a quarter of them. */
  agentsMax: number;
  drainMs: number;
  /** Told how an agent fares; `error` is null while it is well. */
  onHealth(agentId: string, error: string | null): void;
  /** A release answers for the first time. */
  onRunning(agentId: string): Promise<void>;
}

const TAKEN_MS = 3_000;
const OWNER_PART = 0.25;
/** How often the same is written down anew, so that others see that it still holds. */
const NOTED_AGAIN_MS = 60_000;

interface Hosted {
  owner: string;
  directory: AgentDirectory;
  logs: LogRing;
  supervisor: Supervisor;
  noted: { text: string; at: number } | undefined;
}

/**
 * The agents that run beside this node: those whose archives are on its disk. Which node that is, a file on the disk says; of several
 * processes with the same disk, the one with the lease runs them.
 */
export class Hosting {
  readonly nodeName: string;
  readonly #options: HostingOptions;
  readonly #nodeId: string;
  readonly #life: string;
  readonly #hosted = new Map<string, Hosted>();
  readonly #turns = new Map<string, Promise<void>>();
  #hold: Hold | undefined;
  #taken = Promise.withResolvers<void>();
  #booting: Promise<void> | undefined;
  #isClosed = false;

  private constructor(options: HostingOptions, nodeId: string) {
    this.nodeName = options.nodeName;
    this.#options = options;
    this.#nodeId = nodeId;
    this.#life = options.random.uuid();
  }

  static async open(options: HostingOptions): Promise<Hosting> {
    const path = join(options.directory, "node.id");
    await mkdir(agentsIn(options.directory), { recursive: true, mode: 0o711 });
    const known = await readFile(path, "utf8").catch(() => undefined);
    if (known === undefined) await writeFile(path, options.random.uuid(), { mode: 0o600, flag: "wx" });
    return new Hosting(options, (await readFile(path, "utf8")).trim());
  }

  get nodeId(): string {
    return this.#nodeId;
  }

  get runtimeName(): Runtime["name"] {
    return this.#options.runtime.name;
  }

  start(): void {
    this.#hold ??= this.#options.leases.hold(`hosting ${this.#nodeId}`, {
      taken: (state) => {
        this.#taken.resolve();
        this.#booting = (this.#booting ?? Promise.resolve()).then(() => this.#begin(state));
      },
      lost: () => {
        this.#taken = Promise.withResolvers();
        for (const { supervisor } of this.#hosted.values()) supervisor.pause();
      },
      state: () => this.#life,
    });
  }

  /** Whether this node runs agents at this moment. @throws Problem 503 while it does not */
  async demandReady(): Promise<void> {
    // At its start a node has it in a moment, unless another one had it before.
    await Promise.race([
      this.#taken.promise,
      new Promise<void>((resolve) => this.#options.clock.after(TAKEN_MS, resolve)),
    ]);
    await this.#booting;
    if (this.#hold?.isHeld && !this.#isClosed) return;
    throw new Problem(503, "This node has not taken over its hosted agents yet; try again", {
      headers: { "retry-after": "5" },
    });
  }

  /** @throws Problem 403 or 503 when there is no room for one more of this owner's */
  demandRoom(agentId: string | undefined, owner: string): void {
    if (agentId !== undefined && this.#hosted.has(agentId)) return;
    const { agentsMax } = this.#options;
    const own = [...this.#hosted.values()].filter((one) => one.owner === owner).length;
    if (owner !== "" && own >= Math.max(1, Math.floor(agentsMax * OWNER_PART))) {
      throw new Problem(403, `This node runs at most ${own} agents of one organization; undeploy one first`, {
        code: "hosting_limit_reached",
      });
    }
    if (this.#hosted.size < agentsMax) return;
    throw new Problem(503, "This node runs as many agents as it may; tell its operator", {
      headers: { "retry-after": "60" },
    });
  }

  /** Takes over an unpacked archive and starts it, in place of what the agent ran before. */
  deploy(
    deployment: Deployment,
    files: { unpacked: string; archive: string },
    description: Description,
  ): Promise<void> {
    return this.#inTurn(deployment.agentId, () => this.#deploy(deployment, files, description));
  }

  async #deploy(
    { agentId, owner, release: number }: Deployment,
    { unpacked, archive }: { unpacked: string; archive: string },
    description: Description,
  ): Promise<void> {
    const { wantsArchives } = this.#options.runtime;
    const hosted = this.#take(agentId, owner);
    const release = await hosted.directory.add(number, unpacked, description, wantsArchives ? archive : undefined);
    if (!(await hosted.directory.current())) await hosted.directory.setCurrent(number);
    hosted.supervisor.deploy(release);
  }

  /** The environment of these agents, or of any, is another: they are started anew with it. */
  renew(agentIds: readonly string[] | undefined): void {
    for (const agentId of agentIds ?? this.#hosted.keys()) this.#hosted.get(agentId)?.supervisor.renew();
  }

  hosts(agentId: string): boolean {
    return this.#hosted.has(agentId);
  }

  logsOf(agentId: string): LogRing | undefined {
    return this.#hosted.get(agentId)?.logs;
  }

  /** Ends an agent and removes all that is kept of it. */
  remove(agentId: string): Promise<void> {
    return this.#inTurn(agentId, () => this.#remove(agentId));
  }

  async #remove(agentId: string): Promise<void> {
    const hosted = this.#hosted.get(agentId);
    if (!hosted) return;
    this.#hosted.delete(agentId);
    await hosted.supervisor.stop();
    hosted.logs.close();
    await this.#options.runtime.forget(agentId, hosted.directory.path);
    await hosted.directory.removeAll();
  }

  /** What was changed elsewhere: agents that went, moved to another node or have other secrets. */
  async onChanged(agentIds: readonly string[] | undefined): Promise<void> {
    for (const agentId of agentIds ?? [...this.#hosted.keys()]) {
      if (!this.#hosted.has(agentId)) continue;
      const deployment = await this.#options.store.find(agentId);
      if (!this.#isOurs(deployment)) await this.remove(agentId);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#booting;
    await Promise.all(
      [...this.#hosted.values()].map(({ supervisor, logs }) => {
        logs.close();
        return supervisor.stop();
      }),
    );
    // Other nodes tell what was said last.
    const stopped = { state: "starting", detail: "its node is stopped", runningRelease: null } as const;
    for (const agentId of this.#hosted.keys())
      await this.#options.store
        .note(agentId, stopped)
        .catch((error) =>
          this.#options.log.warn({ err: error, agentId }, "that an agent is stopped was not written down"),
        );
    await this.#hold?.release();
    this.#options.runtime.close();
  }

  /** @param state of whoever did it before */
  async #begin(state: string): Promise<void> {
    if (this.#isClosed) return;
    const { log, runtime, store, directory } = this.#options;
    if (state === this.#life) {
      for (const { supervisor } of this.#hosted.values()) supervisor.resume();
      return;
    }
    try {
      await runtime.endLeftovers();
      const deployments = (await store.ofNode(this.#nodeId)).filter((one) => this.#isOurs(one));
      for (const deployment of deployments) await this.#startAgain(deployment);
      const known = new Set(deployments.map(({ agentId }) => agentId));
      for (const name of await readdir(agentsIn(directory)))
        if (!known.has(name)) await this.#sweep(new AgentDirectory(agentsIn(directory), name));
    } catch (error) {
      log.error({ err: error }, "hosted agents were not started");
    }
  }

  async #startAgain(deployment: Deployment): Promise<void> {
    const hosted = this.#take(deployment.agentId, deployment.owner);
    const release = await hosted.directory.current();
    await hosted.directory.keepOnly(release?.number);
    if (release) hosted.supervisor.deploy(release);
    else
      await this.#options.store.note(deployment.agentId, {
        state: "failed",
        runningRelease: null,
        detail: "its archive is lost; deploy it again",
      });
  }

  /** Of an agent that nobody knows any more. */
  async #sweep(directory: AgentDirectory): Promise<void> {
    await this.#options.runtime.forget(directory.agentId, directory.path);
    await directory.removeAll();
  }

  /** One thing after the other is done about an agent. */
  #inTurn(agentId: string, work: () => Promise<void>): Promise<void> {
    const done = (this.#turns.get(agentId) ?? Promise.resolve()).catch(() => {}).then(work);
    this.#turns.set(agentId, done);
    const forget = () => {
      if (this.#turns.get(agentId) === done) this.#turns.delete(agentId);
    };
    done.then(forget, forget);
    return done;
  }

  #isOurs(deployment: Deployment | undefined): boolean {
    return deployment?.node === this.#nodeId && deployment.state !== "undeployed" && deployment.runtime !== "none";
  }

  #take(agentId: string, owner: string): Hosted {
    const known = this.#hosted.get(agentId);
    if (known) return known;
    const { directory: path, clock, runtime, secrets, log } = this.#options;
    const directory = new AgentDirectory(agentsIn(path), agentId);
    const logs = new LogRing(directory.logs, clock);
    const supervisor = new Supervisor({
      ...this.#options,
      agentId,
      logs,
      secrets: () => secrets.environment(agentId),
      report: (fate) => this.#note(agentId, fate),
      onTakenOver: async (release, before) => {
        await directory.setCurrent(release.number);
        await directory.removeBefore(release.number, before?.number);
        await this.#options.onRunning(agentId);
      },
      onDone: async (release) => {
        try {
          await runtime.discard(release);
          await directory.remove(release.number);
        } catch (error) {
          log.warn({ err: error, agentId }, "a release that is not needed any more was not removed");
        }
      },
    });
    const hosted: Hosted = { owner, directory, logs, supervisor, noted: undefined };
    this.#hosted.set(agentId, hosted);
    return hosted;
  }

  /** Writes down how an agent fares, when that is news. */
  #note(agentId: string, fate: Fate): void {
    const hosted = this.#hosted.get(agentId);
    if (!hosted) return;
    const { clock, store, log, onHealth } = this.#options;
    const text = JSON.stringify(fate);
    if (hosted.noted?.text === text && clock.monotonic() - hosted.noted.at < NOTED_AGAIN_MS) return;
    hosted.noted = { text, at: clock.monotonic() };
    // One that is being started is neither well nor ill.
    if (fate.state === "running") onHealth(agentId, null);
    else if (fate.detail !== null) onHealth(agentId, fate.detail);
    store.note(agentId, fate).catch((error) => {
      hosted.noted = undefined;
      log.warn({ err: error, agentId }, "how a hosted agent fares was not written down");
    });
  }
}

/** Agents that this disk has, while nothing is hosted here any more. */
export async function noteSwitchedOff(directory: string, store: DeploymentStore): Promise<void> {
  const nodeId = await readFile(join(directory, "node.id"), "utf8").catch(() => undefined);
  if (nodeId === undefined) return;
  const off = { state: "failed", detail: "its node hosts no agents any more", runningRelease: null } as const;
  for (const { agentId } of await store.ofNode(nodeId.trim())) await store.note(agentId, off);
}

const agentsIn = (directory: string) => join(directory, "agents");
