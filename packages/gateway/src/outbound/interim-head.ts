const BEGINNING = Buffer.from("HTTP/1.1 1");
const END_OF_HEAD = Buffer.from("\r\n\r\n");
/** Of a status line up to its status. */
const STATUS_END = 12;
const DIGITS_AT = 9;
const ONE = 0x31;
const ZERO = 0x30;

/** Whether bytes that a head is to begin with are worth a closer look: quickly no for nearly all. */
export const mayBeInterim = (bytes: Buffer): boolean => bytes[DIGITS_AT] === ONE || bytes.length <= DIGITS_AT;

/**
 * Where the interim answer ends with which the bytes begin: 0 when they begin with none, -1 when there is more to come before that is
 * known. No request asks for one, but it may come unasked, and is to be discarded (RFC 9110, section 15.2); the parser takes a `100` for a
 * broken answer. `101` is none: after it there would be another protocol.
 */
export function endOfInterim(bytes: Buffer): number {
  const start = bytes.subarray(0, BEGINNING.length);
  if (!BEGINNING.subarray(0, start.length).equals(start)) return 0;
  if (bytes.length < STATUS_END) return -1;
  if (bytes[STATUS_END - 2] === ZERO && bytes[STATUS_END - 1] === ONE) return 0;
  const at = bytes.indexOf(END_OF_HEAD);
  return at === -1 ? -1 : at + END_OF_HEAD.length;
}
