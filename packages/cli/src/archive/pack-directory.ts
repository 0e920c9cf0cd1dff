import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import ignore from "ignore";
import { CliError } from "../cli-error.ts";
import { tarEnd, tarEntry } from "./tar-entry.ts";

/** What a gateway takes. */
const ARCHIVE_BYTES_MAX = 50 * 1024 * 1024;
const UNPACKED_BYTES_MAX = 500 * 1024 * 1024;
const FILES_MAX = 10_000;

/** Never part of an agent: what is installed anew, what is history, and what is secret. */
const NEVER = ["node_modules/", ".git/", ".agentgate/", ".env", ".env.*", ".DS_Store", "._*", "*.log"];
/** The first of these that is there says what else stays here, as git reads it. */
const IGNORE_FILES = [".agentgateignore", ".gitignore"];

export interface PackedDirectory {
  /** A `.tar.gz`. */
  archive: Buffer<ArrayBuffer>;
  files: number;
  /** Unpacked. */
  bytes: number;
}

/** Packs an agent's directory for a gateway. @throws {@link CliError} for one that no gateway would take */
export async function packDirectory(directory: string): Promise<PackedDirectory> {
  const ignored = await ignoredIn(directory);
  const parts: Buffer[] = [];
  let [files, bytes] = [0, 0];
  const walk = async (below: string): Promise<void> => {
    const entries = await readdir(join(directory, below), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      if (ignored(entry.isDirectory() ? `${path}/` : path)) continue;
      if (++files > FILES_MAX) throw tooLarge(`it has more than ${FILES_MAX} files and directories`);
      if (entry.isDirectory()) {
        parts.push(tarEntry(path, {}));
        await walk(path);
      } else if (entry.isFile()) {
        const { size, mode } = await stat(join(directory, path));
        bytes += size;
        if (bytes > UNPACKED_BYTES_MAX) throw tooLarge(`its files have more than ${UNPACKED_BYTES_MAX} bytes`);
        const content = await readFile(join(directory, path));
        parts.push(tarEntry(path, { content, isExecutable: (mode & 0o100) !== 0 }));
      } else throw notPackable(path);
    }
  };
  await walk("");
  const archive = await promisify(gzip)(Buffer.concat([...parts, tarEnd]));
  if (archive.length > ARCHIVE_BYTES_MAX) throw tooLarge(`packed it has more than ${ARCHIVE_BYTES_MAX} bytes`);
  return { archive: archive as Buffer<ArrayBuffer>, files, bytes };
}

async function ignoredIn(directory: string): Promise<(path: string) => boolean> {
  const rules = ignore().add(NEVER);
  for (const name of IGNORE_FILES) {
    const text = await readFile(join(directory, name), "utf8").catch(() => undefined);
    if (text === undefined) continue;
    rules.add(text);
    break;
  }
  return (path) => rules.ignores(path);
}

const HINT = `What need not be there can be named in ${IGNORE_FILES[0]}, as in a .gitignore`;

const tooLarge = (why: string) =>
  new CliError("directory_too_large", `The directory is too large to be deployed: ${why}`, { hint: HINT });

const notPackable = (path: string) =>
  new CliError("not_packable", `${path} is neither a file nor a directory; archives hold no links`, { hint: HINT });
