import { unusable } from "./archive-error.ts";

/** What a file system takes, and what people can read in an answer. */
const PATH_BYTES_MAX = 1_024;
const PART_BYTES_MAX = 255;
const DEPTH_MAX = 32;

/**
 * The parts of an entry's name, without empty ones and dots.
 * @throws Problem for a name that leads out of the directory, or means something else on another system
 */
export function pathParts(name: Buffer): string[] {
  const text = decode(name);
  const told = JSON.stringify(text.slice(0, 100));
  if (name.length > PATH_BYTES_MAX) throw unusable(`the name ${told}… is longer than ${PATH_BYTES_MAX} bytes`);
  if (/[\p{Cc}\u2028\u2029]/u.test(text)) throw unusable(`the name ${told} holds a control character`);
  if (/^(?:\/|[A-Za-z]:)/.test(text)) throw unusable(`the name ${told} is absolute`);
  if (text.includes("\\")) throw unusable(`the name ${told} holds a backslash`);
  const parts = text.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) throw unusable(`the name ${told} leads out of the archive`);
  if (parts.length > DEPTH_MAX) throw unusable(`the name ${told} has more than ${DEPTH_MAX} levels`);
  const long = parts.find((part) => Buffer.byteLength(part) > PART_BYTES_MAX);
  if (long !== undefined) throw unusable(`the name ${told} has a part of more than ${PART_BYTES_MAX} bytes`);
  return parts;
}

function decode(name: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(name);
  } catch {
    throw unusable(`the name ${JSON.stringify(name.toString("latin1").slice(0, 100))} is not UTF-8`);
  }
}
