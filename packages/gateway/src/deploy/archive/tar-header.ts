import { unusable } from "./archive-error.ts";

export const BLOCK = 512;

/** One header block, as it is written; its name is bytes yet, for other blocks may hold the real one. */
export interface TarHeader {
  name: Buffer;
  /** Of the content that follows, in bytes. */
  size: number;
  isExecutable: boolean;
  /** `0` for a file, `5` for a directory; the others are in tar-reader.ts. */
  type: string;
}

const MAGIC = "ustar";
/** Seven octets of size: more than any archive may hold. */
const SIZE_BYTES_MAX = 7;

/** Reads a header (POSIX.1-1988 "ustar", GNU, and the older form without a magic). @throws Problem when it is none */
export function readHeader(block: Buffer): TarHeader {
  if (Number(readOctal(block.subarray(148, 156))) !== checksumOf(block)) throw unusable("it is no tar archive");
  const magic = block.toString("latin1", 257, 263);
  // GNU's own form has times where POSIX has the first part of a long name.
  const prefix = magic === `${MAGIC}\0` ? untilNul(block.subarray(345, 500)) : Buffer.alloc(0);
  const name = untilNul(block.subarray(0, 100));
  const type = block.toString("latin1", 156, 157);
  return {
    name: prefix.length > 0 ? Buffer.concat([prefix, Buffer.from("/"), name]) : name,
    size: readSize(block.subarray(124, 136)),
    isExecutable: (Number(readOctal(block.subarray(100, 108))) & 0o100) !== 0,
    // The older form has no type for files, and directories end with a slash.
    type: type === "\0" || type === "7" ? (name.at(-1) === SLASH && magic.trim() !== MAGIC ? "5" : "0") : type,
  };
}

const SLASH = 0x2f;

/** All bytes of the header, its own checksum taken for blanks. */
function checksumOf(block: Buffer): number {
  let sum = 8 * 32;
  for (let at = 0; at < BLOCK; at++) if (at < 148 || at >= 156) sum += block[at]!;
  return sum;
}

export function untilNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end === -1 ? bytes : bytes.subarray(0, end);
}

function readOctal(bytes: Buffer): bigint {
  const text = untilNul(bytes).toString("latin1").trim();
  if (text === "") return 0n;
  if (!/^[0-7]{1,12}$/.test(text)) throw unusable("a header holds a number that is none");
  return BigInt(`0o${text}`);
}

/** Octal, or GNU's binary form for what octal is too short for. */
function readSize(bytes: Buffer): number {
  if ((bytes[0]! & 0x80) === 0) return Number(readOctal(bytes));
  const [first, rest] = [bytes.subarray(0, -SIZE_BYTES_MAX), bytes.subarray(-SIZE_BYTES_MAX)];
  const size = Number(BigInt(`0x${rest.toString("hex")}`));
  if (first[0] !== 0x80 || first.subarray(1).some((byte) => byte !== 0) || size > Number.MAX_SAFE_INTEGER)
    throw unusable("an entry has an impossible size");
  return size;
}
