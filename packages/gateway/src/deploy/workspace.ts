import { mkdir, readdir, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Random } from "../runtime/index.ts";
import { diskIsFull } from "./upload.ts";

/** What is left free on the disk whatever anybody deploys. */
const RESERVE_BYTES = 256 * 1024 * 1024;
/** How often the disk is looked at while files are written. */
const LOOK_EVERY = 256;

/** The room's directory on disk: what is coming in, and what each agent has. Only the server's user may look into it. */
export class Workspace {
  readonly path: string;
  readonly #random: Random;
  #looks = 0;

  constructor(dataDirectory: string, random: Random) {
    this.path = join(dataDirectory, "deploy");
    this.#random = random;
  }

  /** Removes what an earlier life left half done. */
  async open(): Promise<void> {
    for (const name of await readdir(this.path).catch(() => []))
      if (name.startsWith("incoming-")) await remove(join(this.path, name));
  }

  /** Lends a directory of its own to `work`, and removes it with all that is in it then. */
  async lend<T>(work: (directory: string) => Promise<T>): Promise<T> {
    await this.demandSpace();
    const directory = join(this.path, `incoming-${this.#random.uuid()}`);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    try {
      return await work(directory);
    } catch (error) {
      throw (error as NodeJS.ErrnoException).code === "ENOSPC" ? diskIsFull() : error;
    } finally {
      await remove(directory);
    }
  }

  /** Makes a directory in a lent one. */
  async within(directory: string, name: string): Promise<string> {
    const path = join(directory, name);
    await mkdir(path, { mode: 0o700 });
    return path;
  }

  /** @throws Problem 503 while the disk is nearly full; looks once for many calls */
  demandSpaceOften(): Promise<void> {
    return ++this.#looks % LOOK_EVERY === 0 ? this.demandSpace() : Promise.resolve();
  }

  /** @throws Problem 503 while the disk is nearly full */
  async demandSpace(): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o711 });
    const { bavail, bsize } = await statfs(this.path);
    if (bavail * bsize < RESERVE_BYTES) throw diskIsFull();
  }
}

const remove = (path: string) => rm(path, { recursive: true, force: true, maxRetries: 2 });
