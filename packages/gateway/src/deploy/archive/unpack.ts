import { createReadStream } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { Problem } from "../../http/index.ts";
import { tooLarge, unusable } from "./archive-error.ts";
import { readTar, type TarBounds, type TarEntry } from "./tar-reader.ts";

export const unpackBounds: TarBounds = { entriesMax: 10_000, bytesMax: 500 * 1024 * 1024 };

/** Headers and padding, beside what the files hold. */
const OVERHEAD_BYTES = 32 * 1024 * 1024;
const AGENT_FILE = /^(?:([^/]+)\/)?(agentgate\.ya?ml)$/;
const AGENT_FILE_BYTES_MAX = 65_536;

/** What was found in an archive. */
export interface Unpacked {
  /** The text of its `agentgate.yaml`. */
  agentFile: string | undefined;
  /** The one directory that everything is in; empty when there are more things at the top. */
  root: string;
  files: number;
  bytes: number;
}

export interface UnpackOptions {
  /** A directory that nobody else knows yet; without one nothing is written. */
  into?: string;
  bounds?: TarBounds;
  /** Asked again and again while files are written. @throws when no more should be */
  demandSpace?(): Promise<void>;
}

/** Reads a `.tar.gz` file to its end, and writes what is in it. @throws Problem 400 or 413 for an archive that cannot be used */
export async function unpack(path: string, options: UnpackOptions = {}): Promise<Unpacked> {
  const { into, bounds = unpackBounds, demandSpace } = options;
  const found: Unpacked = { agentFile: undefined, root: "", files: 0, bytes: 0 };
  const tops = new Map<string, TarEntry["kind"]>();
  const agentFiles = new Map<string, string>();
  const source = createReadStream(path);
  try {
    for await (const entry of readTar(gunzipped(source, bounds.bytesMax + OVERHEAD_BYTES), bounds)) {
      const top = entry.path.split("/", 1)[0]!;
      // What macOS adds beside each file belongs to no tree.
      if (!top.startsWith("._")) tops.set(top, top === entry.path ? entry.kind : "directory");
      if (entry.kind === "file") {
        found.files++;
        found.bytes += entry.size;
        const text = await take(entry, into, demandSpace);
        if (text !== undefined) agentFiles.set(entry.path, text);
      } else if (into !== undefined) await mkdir(join(into, entry.path), { recursive: true });
    }
  } finally {
    source.destroy();
  }
  const [[only, kind] = []] = tops;
  if (tops.size === 1 && kind === "directory") found.root = only!;
  const place = found.root === "" ? "" : `${found.root}/`;
  found.agentFile = agentFiles.get(`${place}agentgate.yaml`) ?? agentFiles.get(`${place}agentgate.yml`);
  return found;
}

/** Writes a file, and gives its text where it is an `agentgate.yaml`. */
async function take(entry: TarEntry, into: string | undefined, demandSpace = async () => {}) {
  const isAgentFile = AGENT_FILE.test(entry.path);
  if (isAgentFile && entry.size > AGENT_FILE_BYTES_MAX)
    throw tooLarge(`its ${entry.path} has more than ${AGENT_FILE_BYTES_MAX} bytes`);
  if (into !== undefined) await demandSpace();
  const kept: Buffer[] = [];
  const file = into === undefined ? undefined : await create(join(into, entry.path), entry.isExecutable);
  try {
    for await (const piece of entry.content) {
      if (isAgentFile) kept.push(piece);
      if (!file) continue;
      await file.writeFile(piece);
      if (entry.size > piece.length) await demandSpace();
    }
  } finally {
    await file?.close();
  }
  return isAgentFile ? Buffer.concat(kept).toString("utf8") : undefined;
}

/** Anew, or not at all: nothing that is there already is written to. */
async function create(path: string, isExecutable: boolean) {
  await mkdir(dirname(path), { recursive: true });
  return open(path, "wx", isExecutable ? 0o755 : 0o644);
}

/** The unpacked bytes as they come, of which there may be so many. */
async function* gunzipped(source: Readable, bytesMax: number): AsyncIterable<Buffer> {
  const gunzip = createGunzip();
  source.on("error", (error) => gunzip.destroy(error));
  source.pipe(gunzip);
  let bytes = 0;
  try {
    for await (const piece of gunzip) {
      bytes += piece.length;
      if (bytes > bytesMax) throw tooLarge(`unpacked it has more than ${bytesMax} bytes`);
      yield piece;
    }
  } catch (error) {
    if (error instanceof Problem || !isZlibError(error)) throw error;
    const isNone = (error as Error).message === "incorrect header check" && bytes === 0;
    throw unusable(isNone ? "it is not compressed with gzip" : "its gzip data is damaged or breaks off");
  } finally {
    source.unpipe(gunzip);
    gunzip.destroy();
  }
}

const isZlibError = (error: unknown) =>
  /^(?:Z_|ERR_ZLIB|ERR_STREAM_PREMATURE)/.test((error as { code?: string }).code ?? "");
