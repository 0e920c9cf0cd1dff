import { tooLarge, unusable } from "./archive-error.ts";
import { ByteReader } from "./byte-reader.ts";
import { EntryNames } from "./entry-names.ts";
import { pathParts } from "./entry-path.ts";
import { type PaxRecords, readPax } from "./pax-records.ts";
import { BLOCK, readHeader, type TarHeader, untilNul } from "./tar-header.ts";

/** A file or directory of an archive. */
export interface TarEntry {
  /** Below the archive's own root, with single slashes. */
  path: string;
  kind: "file" | "directory";
  isExecutable: boolean;
  size: number;
  /** To be read before the next entry; what is not read is skipped. */
  content: AsyncIterable<Buffer>;
}

export interface TarBounds {
  entriesMax: number;
  /** Of all files together. */
  bytesMax: number;
}

/** What describes the next entry may be so long. */
const EXTENSION_BYTES_MAX = 65_536;

/** Why entries of these types are refused; any other is unknown. */
const REFUSED: Readonly<Record<string, string>> = {
  "1": "it holds a link",
  "2": "it holds a link",
  K: "it holds a link",
  "3": "it holds a device",
  "4": "it holds a device",
  "6": "it holds a named pipe",
  S: "it holds a sparse file; pack it without --sparse",
};

/**
 * Reads a tar archive strictly: files and directories with honest names, one entry for each, and nothing behind the end. Whatever it does
 * not know it refuses, so that no other reader could find something else in the same bytes.
 *
 * @throws Problem 400, or 413 for one that exceeds the bounds
 */
export async function* readTar(pieces: AsyncIterable<Buffer>, bounds: TarBounds): AsyncIterable<TarEntry> {
  const reader = new ByteReader(pieces);
  const names = new EntryNames(bounds.entriesMax);
  let extension: Extension = {};
  let [headers, bytes] = [0, 0];
  for (;;) {
    const block = await reader.take(BLOCK);
    if (block.length < BLOCK) throw unusable(headers === 0 ? "it is no tar archive" : "it breaks off");
    if (block.every((byte) => byte === 0)) break;
    const header = readHeader(block);
    // Each entry may have a few headers that describe it.
    if (++headers > 4 * bounds.entriesMax) throw tooLarge(`it has more than ${bounds.entriesMax} entries`);
    if ("xgL".includes(header.type)) {
      extension = merge(extension, header.type, await readExtension(reader, header));
      continue;
    }
    const entry = entryOf(header, extension);
    extension = {};
    names.add(entry.parts, entry.kind);
    bytes += entry.size;
    if (bytes > bounds.bytesMax) throw tooLarge(`unpacked it has more than ${bounds.bytesMax} bytes`);
    const content = new Content(reader, entry.size);
    if (entry.parts.length > 0) yield { ...entry, path: entry.parts.join("/"), content };
    await content.skip();
  }
  if (extension.path || extension.longName) throw unusable("it breaks off");
  if (await reader.hasMore()) throw unusable("there is something behind its end");
}

/** What stood before an entry. */
interface Extension extends PaxRecords {
  longName?: Buffer;
}

function merge(extension: Extension, type: string, bytes: Buffer): Extension {
  if (type === "L") {
    if (extension.longName) throw unusable("an entry has two names");
    return { ...extension, longName: untilNul(bytes) };
  }
  const records = readPax(bytes);
  // Of all entries only remarks can be meant: one name or size for all is a trick.
  if (type === "g" && (records.path || records.size !== undefined)) throw unusable("all its entries have one name");
  if (extension.path && records.path) throw unusable("an entry has two names");
  return { ...extension, ...records };
}

async function readExtension(reader: ByteReader, { size }: TarHeader): Promise<Buffer> {
  if (size > EXTENSION_BYTES_MAX) throw unusable("an extended header is too long");
  const bytes = await reader.take(size + paddingOf(size));
  if (bytes.length < size + paddingOf(size)) throw unusable("it breaks off");
  return bytes.subarray(0, size);
}

function entryOf(header: TarHeader, { path, longName, size = header.size }: Extension) {
  const { type, isExecutable } = header;
  if (type !== "0" && type !== "5") throw unusable(REFUSED[type] ?? "it holds an entry of an unknown kind");
  if (path && longName && !path.equals(longName)) throw unusable("an entry has two names");
  const name = path ?? longName ?? header.name;
  if (name.includes(0)) throw unusable("a name holds a NUL");
  const parts = pathParts(name);
  const kind = type === "5" ? ("directory" as const) : ("file" as const);
  if (kind === "directory" && size !== 0) throw unusable("a directory has content");
  if (kind === "file" && parts.length === 0) throw unusable("a file has no name");
  return { parts, kind, isExecutable, size };
}

/** The content of one entry, to be read once. */
class Content implements AsyncIterable<Buffer> {
  readonly #reader: ByteReader;
  readonly #size: number;
  #isRead = false;

  constructor(reader: ByteReader, size: number) {
    this.#reader = reader;
    this.#size = size;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Buffer> {
    this.#isRead = true;
    let left = this.#size;
    for await (const part of this.#reader.stream(this.#size)) {
      left -= part.length;
      yield part;
    }
    if (left > 0) throw unusable("it breaks off");
    const padding = paddingOf(this.#size);
    if ((await this.#reader.take(padding)).length < padding) throw unusable("it breaks off");
  }

  async skip(): Promise<void> {
    if (this.#isRead) return;
    for await (const _ of this);
  }
}

const paddingOf = (size: number) => (BLOCK - (size % BLOCK)) % BLOCK;
