import { spawn } from "node:child_process";
import { chmod, chown, lchown, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Release } from "../runtime.ts";
import { findProgram } from "./confinement.ts";

const REMOVALS_MAX = 10;
const REMOVAL_MS = 20_000;

/**
 * What of an agent's directory belongs to the agent's user. Once that user has it, it may hold links and pipes, and change under the eyes
 * of whoever looks: from then on the gateway, which may be root, reads nothing in it, gives nothing away in it, and has it removed by the
 * agent's user. What lies around it (`home`, `tmp`, `releases/N/app` by name) only the gateway can replace.
 */
export class AgentFiles {
  readonly #release: Release;
  readonly #uid: number | undefined;
  /** Beside the code, where the agent's user cannot write. */
  readonly #note: string;

  /** @param uid undefined where the gateway's user is the agent's too */
  constructor(release: Release, uid: number | undefined) {
    this.#release = release;
    this.#uid = uid;
    this.#note = join(dirname(release.unpacked), "prepared.json");
  }

  /**
   * Gives the agent's user its code and its directories, which nobody else but the gateway may look into.
   *
   * @param needsInstall asked once, before anybody else can change the code
   * @returns whether dependencies are still to be installed
   */
  async prepare(needsInstall: () => Promise<boolean>): Promise<boolean> {
    const { unpacked } = this.#release;
    const isToInstall = (await this.#noted()) ?? (await needsInstall());
    const own = [homeOf(this.#release), temporaryOf(this.#release)];
    for (const path of own) await mkdir(path, { recursive: true, mode: 0o700 });
    if ((await this.#noted()) === undefined) {
      if (this.#uid !== undefined)
        for (const entry of await readdir(unpacked, { recursive: true, withFileTypes: true }))
          await lchown(join(entry.parentPath, entry.name), this.#uid, this.#uid);
      await this.#write(isToInstall);
    }
    if (this.#uid === undefined) return isToInstall;
    // The code itself last: it lets the user in.
    for (const path of [...own, unpacked]) {
      await chmod(path, 0o700);
      await chown(path, this.#uid, this.#uid);
    }
    return isToInstall;
  }

  noteInstalled(): Promise<void> {
    return this.#write(false);
  }

  /** Empties the directory of the code, whatever its user does meanwhile. @throws Error when that user hinders it */
  async remove(): Promise<void> {
    const { unpacked } = this.#release;
    if (this.#uid === undefined) return;
    for (let removal = 0; removal < REMOVALS_MAX; removal++) {
      const isThrough = await removeAs(this.#uid, unpacked);
      // Nothing more can be put into it; and what is not there any more cannot be exchanged.
      await chown(unpacked, 0, 0);
      if ((await readdir(unpacked)).length === 0) return;
      await chown(unpacked, this.#uid, this.#uid);
      if (!isThrough) break;
    }
    throw new Error("the files of a replaced release are still being written; they go when the agent does");
  }

  async #noted(): Promise<boolean | undefined> {
    try {
      return JSON.parse(await readFile(this.#note, "utf8")).isToInstall === true;
    } catch {
      return undefined;
    }
  }

  #write(isToInstall: boolean): Promise<void> {
    return writeFile(this.#note, JSON.stringify({ isToInstall }), { mode: 0o600 });
  }
}

export const homeOf = ({ agentDirectory }: Release) => join(agentDirectory, "home");
export const temporaryOf = ({ agentDirectory }: Release) => join(agentDirectory, "tmp");

/** As far as that user may; the directory itself stays. @returns false when it took too long: the agent may have stopped it */
async function removeAs(uid: number, directory: string): Promise<boolean> {
  const rm = findProgram("rm") ?? "/bin/rm";
  const as = { uid, gid: uid, cwd: "/", env: {}, stdio: "ignore", timeout: REMOVAL_MS, killSignal: "SIGKILL" } as const;
  return new Promise((settle, reject) => {
    const child = spawn(rm, ["-rf", "--", directory], as);
    child.once("exit", (_, signal) => settle(signal === null)).once("error", reject);
  });
}
