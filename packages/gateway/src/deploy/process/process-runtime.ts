import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { setPriority } from "node:os";
import { dirname } from "node:path";
import type { Clock, Log, Random } from "../../runtime/index.ts";
import { needsInstall, programOf } from "../program.ts";
import { type Instance, type Release, type Runtime, StartFailure, type WriteLog } from "../runtime.ts";
import { AgentFiles, homeOf, temporaryOf } from "./agent-files.ts";
import { type Bounds, Confinement, findProgram } from "./confinement.ts";
import { demandPassage } from "./passage.ts";
import { endAll, type Marks, ProcessMarks } from "./process-marks.ts";
import { ProcessWatch } from "./process-watch.ts";
import { AgentUsers } from "./users.ts";

export interface ProcessRuntimeOptions {
  /** Holds the directories of all agents. */
  directory: string;
  bounds: Bounds;
  /** The lowest user id of agents, where the gateway is root. */
  firstUser: number;
  clock: Clock;
  random: Random;
  log: Log;
}

const INSTALL_MS = 300_000;
/** Behind the gateway's own work. */
const NICENESS = 10;

/**
 * Runs agents as child processes of the gateway: each in a session of its own and, where the gateway is root, as a user of its own, with
 * bounds on memory, processes and files. Nothing keeps such a process from the network or from what every user of the machine may read.
 */
export class ProcessRuntime implements Runtime {
  readonly name = "process";
  readonly wantsArchives = false;
  readonly #options: ProcessRuntimeOptions;
  readonly #confinement: Confinement;
  readonly #users: AgentUsers | undefined;
  readonly #marks: ProcessMarks;
  readonly #watch: ProcessWatch;
  /** How many programs of each agent's user run, or are about to. */
  readonly #programs = new Map<number, number>();

  private constructor(options: ProcessRuntimeOptions, isRoot: boolean) {
    const { directory, bounds, firstUser, random, clock } = options;
    this.#options = options;
    this.#confinement = new Confinement(bounds);
    this.#users = isRoot ? new AgentUsers(directory, firstUser, random) : undefined;
    this.#marks = new ProcessMarks(directory);
    this.#watch = new ProcessWatch(bounds.memoryBytes, clock);
  }

  /** @throws Error when agents could not be run, saying what to do */
  static async open(options: ProcessRuntimeOptions): Promise<ProcessRuntime> {
    const isRoot = process.getuid?.() === 0;
    const runtime = new ProcessRuntime(options, isRoot);
    await mkdir(options.directory, { recursive: true, mode: 0o711 });
    if (isRoot) await demandPassage(options.directory);
    if (!isRoot)
      options.log.warn({}, "hosted agents run as the gateway's own user: they can read its data and its secret key");
    if (!runtime.#confinement.isEffective)
      options.log.warn({}, "prlimit and setpriv (util-linux) are not there: nothing bounds what hosted agents take");
    return runtime;
  }

  async endLeftovers(): Promise<void> {
    const users = this.#users === undefined ? [] : [...(await this.#users.taken()).values()];
    await this.#marks.endLeftovers(users);
  }

  async prepare(release: Release, write: WriteLog, signal: AbortSignal): Promise<void> {
    const uid = await this.#userOf(release);
    const files = new AgentFiles(release, uid);
    if (await files.prepare(() => needsInstall(release.app))) {
      await this.#install(release, uid, write, signal);
      await files.noteInstalled();
    }
  }

  async start(release: Release, environment: Readonly<Record<string, string>>, write: WriteLog): Promise<Instance> {
    const uid = await this.#userOf(release);
    const port = await freePort();
    const program = await programOf(release, { node: process.execPath, memoryBytes: this.#options.bounds.memoryBytes });
    const child = await this.#spawn(
      program,
      release,
      uid,
      { ...environment, PORT: `${port}`, HOST: "127.0.0.1" },
      write,
    );
    const marks = await this.#marks.leave(release, child.pid!, uid);
    return this.#instance(child, port, marks);
  }

  async discard(release: Release): Promise<void> {
    await new AgentFiles(release, await this.#userOf(release)).remove();
  }

  close(): void {}

  async forget(agentId: string): Promise<void> {
    const uid = (await this.#users?.taken())?.get(agentId);
    if (uid !== undefined) await endAll({ uid });
    await this.#users?.forget(agentId);
  }

  #instance(child: ChildProcess, port: number, marks: Marks): Instance {
    let killedFor: string | undefined;
    const unwatch = this.#watch.add(marks, (reason) => {
      killedFor = reason;
      void endAll(marks);
    });
    const exited = new Promise<string>((settle) => {
      void endOf(child).then(({ code, signal }) => {
        unwatch();
        const reason = killedFor ?? (signal === null ? `it exited with code ${code}` : `it was ended by ${signal}`);
        // What it has started ends with it.
        void this.#endRest(marks)
          .then(() => this.#marks.remove(marks))
          .finally(() => settle(reason));
      });
    });
    return {
      port,
      containerId: null,
      exited,
      stop: async (graceMs) => {
        child.kill("SIGTERM");
        const cancel = this.#options.clock.after(graceMs, () => void endAll(marks));
        await exited;
        cancel();
      },
    };
  }

  async #install(release: Release, uid: number | undefined, write: WriteLog, signal: AbortSignal): Promise<void> {
    const npm = findProgram("npm", searchPath());
    if (!npm)
      throw new StartFailure(
        "its package.json names dependencies, and the gateway's machine has no npm to install them",
      );
    const hasLock = (await readdir(release.app)).some((name) => /^(?:package-lock|npm-shrinkwrap)\.json$/.test(name));
    const options = [
      "--ignore-scripts",
      "--omit=dev",
      "--no-audit",
      "--no-fund",
      "--no-update-notifier",
      "--loglevel=warn",
    ];
    await write(`gateway: npm ${hasLock ? "ci" : "install"} ${options.join(" ")}\n`);
    const child = await this.#spawn([npm, hasLock ? "ci" : "install", ...options], release, uid, {}, write);
    const marks = await this.#marks.leave(release, child.pid!, uid);
    let isLate = false;
    const cancel = this.#options.clock.after(INSTALL_MS, () => {
      isLate = true;
      void endAll(marks);
    });
    const abort = () => void endAll(marks);
    signal.addEventListener("abort", abort, { once: true });
    const { code } = await endOf(child);
    signal.removeEventListener("abort", abort);
    cancel();
    await this.#endRest(marks);
    await this.#marks.remove(marks);
    if (isLate) throw new StartFailure(`npm took longer than ${INSTALL_MS / 1000} s to install its dependencies`);
    if (code !== 0)
      throw new StartFailure(`npm could not install its dependencies (exit code ${code}); the log has its words`);
  }

  /** Ends what an ended program has left: with the last one of an agent's user, also what left its session. */
  #endRest(marks: Marks): Promise<void> {
    const { uid } = marks;
    return endAll(uid === undefined || this.#programs.has(uid) ? marks : { uid });
  }

  async #spawn(
    command: readonly string[],
    release: Release,
    uid: number | undefined,
    variables: Readonly<Record<string, string>>,
    write: WriteLog,
  ): Promise<ChildProcess> {
    const [file, ...args] = await this.#confinement.commandLine(command, uid, release.app);
    const ended = this.#count(uid);
    const child = spawn(file, args, {
      // Its own user goes to its directory: the gateway's could pass where the agent may not, through a link that the agent made.
      cwd: uid === undefined ? release.app : "/",
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...variables,
        PATH: searchPath(),
        HOME: homeOf(release),
        TMPDIR: temporaryOf(release),
        LANG: "C.UTF-8",
        NODE_ENV: "production",
      },
    });
    child.once("exit", ended);
    for (const stream of [child.stdout!, child.stderr!]) void collect(stream.setEncoding("utf8"), write);
    await new Promise<void>((settle, reject) => {
      child.once("spawn", settle);
      child.once("error", (error) => {
        ended();
        reject(new StartFailure(`it cannot be started: ${error.message}`));
      });
    });
    yieldToOthers(child.pid!);
    return child;
  }

  #userOf({ agentId, agentDirectory }: Release): Promise<number | undefined> {
    return this.#users ? this.#users.of(agentId, agentDirectory) : Promise.resolve(undefined);
  }

  /** Counts a program until what is returned is called. */
  #count(uid: number | undefined): () => void {
    if (uid === undefined) return () => {};
    const programs = this.#programs;
    programs.set(uid, (programs.get(uid) ?? 0) + 1);
    return () => {
      const left = programs.get(uid)! - 1;
      if (left > 0) programs.set(uid, left);
      else programs.delete(uid);
    };
  }
}

/** The gateway's own Node first: with it agents are started. */
const searchPath = () => `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`;

/** How a program ended, or ends: it may have done so before anybody asks. */
const endOf = (child: ChildProcess) =>
  new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((settle) => {
    const { exitCode, signalCode } = child;
    if (exitCode !== null || signalCode !== null) settle({ code: exitCode, signal: signalCode });
    else child.once("exit", (code, signal) => settle({ code, signal }));
  });

/** A port that nobody listens on at the moment. */
const freePort = () =>
  new Promise<number>((settle, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => settle(port));
    });
  });

async function collect(stream: AsyncIterable<string>, write: WriteLog): Promise<void> {
  try {
    for await (const text of stream) await write(text);
    await write("");
  } catch {
    // The pipe broke with its process.
  }
}

/** The gateway goes first, and when memory runs out the agent goes first. */
function yieldToOthers(pid: number): void {
  try {
    setPriority(pid, NICENESS);
  } catch {
    // It has ended already.
  }
  const ignore = () => {};
  writeFile(`/proc/${pid}/oom_score_adj`, "1000").catch(ignore);
  // A session is scheduled as one against other sessions; niceness within it counts for nothing outside.
  writeFile(`/proc/${pid}/autogroup`, `${NICENESS}`).catch(ignore);
}
