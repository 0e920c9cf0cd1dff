import { unusable } from "./archive-error.ts";

/** What a pax header says of the entry behind it, as far as it counts here. */
export interface PaxRecords {
  path?: Buffer;
  size?: number;
}

/** Reads records of the form `length key=value\n` (POSIX.1-2001). @throws Problem when they are malformed, or make a link of it */
export function readPax(bytes: Buffer): PaxRecords {
  const found: PaxRecords = {};
  for (let at = 0; at < bytes.length; ) {
    const blank = bytes.indexOf(0x20, at);
    const digits = blank === -1 ? "" : bytes.toString("latin1", at, blank);
    const length = /^[1-9]\d{0,6}$/.test(digits) ? Number(digits) : 0;
    const record = bytes.subarray(blank + 1, at + length);
    const equals = record.indexOf(0x3d);
    if (length === 0 || at + length > bytes.length || record.at(-1) !== 0x0a || equals < 1)
      throw unusable("an extended header is malformed");
    note(found, record.toString("latin1", 0, equals), record.subarray(equals + 1, -1));
    at += length;
  }
  return found;
}

function note(found: PaxRecords, key: string, value: Buffer): void {
  if (key === "path") found.path = value;
  else if (key === "linkpath") throw unusable("it holds a link");
  else if (key === "size") {
    if (!/^\d{1,15}$/.test(value.toString("latin1"))) throw unusable("an entry has an impossible size");
    found.size = Number(value.toString("latin1"));
  } else if (key.startsWith("GNU.sparse")) throw unusable("it holds a sparse file; pack it without --sparse");
  else if (key === "hdrcharset") throw unusable("its names are not in UTF-8");
}
