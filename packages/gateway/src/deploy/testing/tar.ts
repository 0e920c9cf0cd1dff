import { gzipSync } from "node:zlib";

/** One entry as a test wants it, however wrong. */
export interface RawEntry {
  name: string | Buffer;
  content?: string | Buffer;
  type?: string;
  /** What the header says; by default the content's. */
  size?: number;
  mode?: number;
  link?: string;
  prefix?: string;
  magic?: string;
  checksum?: number;
}

/** An archive of these entries, with its end. */
export const tar = (...entries: RawEntry[]): Buffer => Buffer.concat([...entries.map(tarEntry), Buffer.alloc(1_024)]);

export const tarGz = (...entries: RawEntry[]): Buffer => gzipSync(tar(...entries));

/** A pax header for the entry behind it. */
export function pax(records: Record<string, string | Buffer>, type = "x"): RawEntry {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from("\n")]);
    let length = rest.length;
    while (`${length}`.length + rest.length !== length) length = `${length}`.length + rest.length;
    return Buffer.concat([Buffer.from(`${length}`), rest]);
  });
  return { name: "PaxHeaders/x", type, content: Buffer.concat(lines) };
}

export function tarEntry(entry: RawEntry): Buffer {
  const { name, content = "", type = "0", mode = 0o644, link = "", prefix = "", magic = "ustar\x0000" } = entry;
  const bytes = Buffer.from(content);
  const header = Buffer.alloc(512);
  Buffer.from(name).copy(header, 0, 0, 100);
  header.write(`${mode.toString(8).padStart(7, "0")}\0`, 100, "latin1");
  header.write("0000000\x000000000\0", 108, "latin1");
  header.write(`${(entry.size ?? bytes.length).toString(8).padStart(11, "0")}\0`, 124, "latin1");
  header.write("00000000000\0", 136, "latin1");
  header.write("        ", 148, "latin1");
  header.write(type, 156, "latin1");
  header.write(link, 157, "latin1");
  header.write(magic, 257, "latin1");
  header.write(prefix, 345, "latin1");
  const sum = entry.checksum ?? header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return Buffer.concat([header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}
