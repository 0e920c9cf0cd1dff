import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Release } from "./runtime.ts";

/** What is written down beside the code of a release. */
export interface Description {
  /** Below the release's directory. */
  root: string;
  command?: string | readonly string[];
  env: Record<string, string>;
}

const ARCHIVE = "archive.tar.gz";

/**
 * What a hosted agent has on disk: `releases/N/app`, what is written down of each in `releases/N/release.json`, which one is `current`, its
 * `logs` and, made by the runtime, its `home`.
 */
export class AgentDirectory {
  readonly path: string;
  readonly agentId: string;

  /** @param parent holds the directories of all agents */
  constructor(parent: string, agentId: string) {
    this.path = join(parent, agentId);
    this.agentId = agentId;
  }

  get logs(): string {
    return join(this.path, "logs");
  }

  /** Takes over the directory that an archive was unpacked into. */
  async add(number: number, unpacked: string, description: Description, archive?: string): Promise<Release> {
    const place = this.#place(number);
    await rm(place, { recursive: true, force: true });
    await mkdir(place, { recursive: true, mode: 0o711 });
    await rename(unpacked, join(place, "app"));
    if (archive !== undefined) await rename(archive, join(place, ARCHIVE));
    await writeFile(join(place, "release.json"), JSON.stringify(description), { mode: 0o600 });
    return this.#release(number, description);
  }

  /** The release that is meant to run, undefined when its directory is not there. */
  async current(): Promise<Release | undefined> {
    try {
      const number = Number(await readFile(join(this.path, "current"), "utf8"));
      return this.#release(number, JSON.parse(await readFile(join(this.#place(number), "release.json"), "utf8")));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  /** From now on this is the one to run, also after a restart; the others are removed, but for what may still run. */
  async setCurrent(number: number): Promise<void> {
    const path = join(this.path, "current");
    await writeFile(`${path}.next`, `${number}`, { mode: 0o600 });
    await rename(`${path}.next`, path);
  }

  async remove(number: number): Promise<void> {
    await rm(this.#place(number), { recursive: true, force: true, maxRetries: 3 });
  }

  /** Removes every earlier release but the one that may still end: also those that had stopped before this one came to run. */
  async removeBefore(number: number, ending: number | undefined): Promise<void> {
    const names = await readdir(join(this.path, "releases")).catch(() => []);
    for (const name of names) if (Number(name) < number && Number(name) !== ending) await this.remove(Number(name));
  }

  /** Removes every release but the one that is given. */
  async keepOnly(number: number | undefined): Promise<void> {
    const names = await readdir(join(this.path, "releases")).catch(() => []);
    for (const name of names) if (Number(name) !== number) await this.remove(Number(name));
  }

  async removeAll(): Promise<void> {
    await rm(this.path, { recursive: true, force: true, maxRetries: 3 });
  }

  #place(number: number): string {
    return join(this.path, "releases", `${number}`);
  }

  #release(number: number, { root, command, env }: Description): Release {
    const unpacked = join(this.#place(number), "app");
    const archive = join(this.#place(number), ARCHIVE);
    const place = { agentDirectory: this.path, archive, unpacked, app: join(unpacked, root) };
    return { agentId: this.agentId, number, ...place, command, env };
  }
}
