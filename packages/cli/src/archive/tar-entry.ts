const BLOCK = 512;

/** A file or directory as it stands in a tar archive (POSIX ustar, with a pax header for a long name). */
export function tarEntry(
  path: string,
  { content, isExecutable = false }: { content?: Buffer; isExecutable?: boolean },
): Buffer {
  const name = content === undefined ? `${path}/` : path;
  const mode = content === undefined || isExecutable ? 0o755 : 0o644;
  const bytes = content ?? Buffer.alloc(0);
  const split = splitName(name);
  const header = headerOf(split ?? { name: Buffer.from(name).subarray(0, 100), prefix: "" }, {
    type: content === undefined ? "5" : "0",
    mode,
    size: bytes.length,
  });
  return Buffer.concat([...(split ? [] : [paxHeader(name)]), header, padded(bytes)]);
}

/** What ends an archive. */
export const tarEnd: Buffer = Buffer.alloc(2 * BLOCK);

/** A name of up to 100 bytes, or of 155 more before a slash; undefined for one that fits into neither. */
function splitName(path: string): { name: Buffer; prefix: string } | undefined {
  if (Buffer.byteLength(path) <= 100) return { name: Buffer.from(path), prefix: "" };
  for (let at = path.indexOf("/"); at !== -1 && at < path.length - 1; at = path.indexOf("/", at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (Buffer.byteLength(prefix) <= 155 && Buffer.byteLength(name) <= 100) return { name: Buffer.from(name), prefix };
  }
  return undefined;
}

function paxHeader(path: string): Buffer {
  const rest = Buffer.from(` path=${path}\n`);
  let length = rest.length;
  while (`${length}`.length + rest.length !== length) length = `${length}`.length + rest.length;
  const record = Buffer.concat([Buffer.from(`${length}`), rest]);
  const header = headerOf({ name: Buffer.from("pax"), prefix: "" }, { type: "x", mode: 0o644, size: record.length });
  return Buffer.concat([header, padded(record)]);
}

function headerOf(
  { name, prefix }: { name: Buffer; prefix: string },
  { type, mode, size }: { type: string; mode: number; size: number },
): Buffer {
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number) =>
    header.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, "latin1");
  name.copy(header);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  header.write("        ", 148, "latin1");
  header.write(type, 156, "latin1");
  header.write("ustar\x0000", 257, "latin1");
  header.write(prefix, 345, "utf8");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}

const padded = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)]);
