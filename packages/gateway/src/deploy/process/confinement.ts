import { accessSync, constants, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { processTable } from "./process-table.ts";

/** What one hosted agent may have. */
export interface Bounds {
  /** Memory of all its processes together, in bytes. */
  memoryBytes: number;
  /** Processes and threads. */
  processes: number;
  /** The largest file it may write, in bytes. */
  fileBytes: number;
}

/** Address space that Node takes without using it: mostly the place for compiled code. */
const RESERVED_BYTES = 640 * 1024 * 1024;
const FILES_MAX = 1_024;
/** For the shell: goes to a directory, and becomes the program that is named behind it. */
const GO = 'cd -- "$0" && unset PWD OLDPWD && exec "$@"';

/**
 * How an agent's programs are started so that they hurt only themselves: through `prlimit` and `setpriv` of util-linux, which set limits,
 * take away the way back to privileges, and end the program when the gateway dies. Where the gateway is root, as a user of the agent's own.
 */
export class Confinement {
  readonly #bounds: Bounds;
  readonly #tools: { prlimit: string; setpriv: string } | undefined;
  readonly #filesMax: number;

  constructor(bounds: Bounds) {
    this.#bounds = bounds;
    const [prlimit, setpriv] = [findProgram("prlimit"), findProgram("setpriv")];
    this.#tools = process.platform === "linux" && prlimit && setpriv ? { prlimit, setpriv } : undefined;
    this.#filesMax = Math.min(FILES_MAX, openFilesLimit());
  }

  /** Whether limits hold at all. */
  get isEffective(): boolean {
    return this.#tools !== undefined;
  }

  /**
   * The whole command line.
   *
   * @param uid the agent's own user; undefined for the gateway's
   * @param directory where an own user's program is to run; it goes there by itself
   */
  async commandLine(
    command: readonly string[],
    uid: number | undefined,
    directory: string,
  ): Promise<[string, ...string[]]> {
    if (!this.#tools) return command as [string, ...string[]];
    const { prlimit, setpriv } = this.#tools;
    const { memoryBytes, processes, fileBytes } = this.#bounds;
    // Of a user that others share, those are counted that run already.
    const processesMax = processes + (uid === undefined ? await threadsOf(process.getuid!()) : 0);
    return [
      prlimit,
      `--data=${memoryBytes + RESERVED_BYTES}`,
      `--nofile=${this.#filesMax}`,
      `--nproc=${processesMax}`,
      `--fsize=${fileBytes}`,
      "--core=0",
      "--",
      setpriv,
      ...(uid === undefined ? [] : [`--reuid=${uid}`, `--regid=${uid}`, "--clear-groups", "--inh-caps=-all"]),
      "--no-new-privs",
      "--pdeathsig=KILL",
      "--",
      ...(uid === undefined ? command : ["/bin/sh", "-c", GO, directory, ...command]),
    ];
  }
}

export function findProgram(name: string, path = process.env.PATH ?? ""): string | undefined {
  return [...path.split(delimiter), "/usr/bin", "/bin"]
    .filter((directory) => directory.startsWith("/"))
    .map((directory) => join(directory, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function threadsOf(uid: number): Promise<number> {
  return (await processTable()).filter((entry) => entry.uid === uid).reduce((sum, { threads }) => sum + threads, 0);
}

/** No process may give another more than it may have itself. */
function openFilesLimit(): number {
  try {
    const hard = /^Max open files\s+\S+\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "latin1"))?.[1];
    return hard === undefined ? FILES_MAX : Number(hard);
  } catch {
    return FILES_MAX;
  }
}
