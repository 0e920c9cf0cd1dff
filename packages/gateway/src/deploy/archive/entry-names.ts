import { tooLarge, unusable } from "./archive-error.ts";

type Kind = "file" | "directory";

/**
 * The names in an archive. Each stands for one thing on every file system: two that differ in case or normal form only are refused, as is
 * a file twice, and a file that is a directory elsewhere.
 */
export class EntryNames {
  readonly #seen = new Map<string, { path: string; kind: Kind }>();
  readonly #entriesMax: number;

  /** @param entriesMax files and directories, those included that are only named on the way to others */
  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  /** @throws Problem */
  add(parts: readonly string[], kind: Kind): void {
    for (let depth = 1; depth < parts.length; depth++) this.#directory(parts.slice(0, depth).join("/"));
    const path = parts.join("/");
    if (kind === "directory") this.#directory(path);
    else if (!this.#claim(path, kind)) throw unusable(`${JSON.stringify(path)} is in it twice`);
  }

  #directory(path: string): void {
    const before = this.#claim(path, "directory") ? undefined : this.#seen.get(keyOf(path));
    if (before?.kind === "file") throw unusable(`${JSON.stringify(path)} is both a file and a directory`);
  }

  /** False when it is there already, spelled the same. */
  #claim(path: string, kind: Kind): boolean {
    const key = keyOf(path);
    const before = this.#seen.get(key);
    if (before && before.path !== path) {
      throw unusable(`${JSON.stringify(before.path)} and ${JSON.stringify(path)} are one name on some file systems`);
    }
    if (before) return false;
    if (this.#seen.size >= this.#entriesMax)
      throw tooLarge(`it has more than ${this.#entriesMax} files and directories`);
    this.#seen.set(key, { path, kind });
    return true;
  }
}

/** The same for names that some file system takes for one. */
const keyOf = (path: string) => path.normalize("NFC").toUpperCase().toLowerCase().normalize("NFC");
