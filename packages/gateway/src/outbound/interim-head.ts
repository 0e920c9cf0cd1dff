const SAYS_CONTINUE = Buffer.from("HTTP/1.1 100");
const END_OF_HEAD = Buffer.from("\r\n\r\n");
const DIGITS_AT = 9;
const ONE = 0x31;
const ZERO = 0x30;

/**
 * Whether bytes that a head is to begin with are `100 Continue`. No request asks for one, but an interim answer may come unasked, and is to
 * be discarded (RFC 9110, section 15.2); the parser takes it for a broken answer.
 */
export const saysContinue = (bytes: Buffer): boolean =>
  bytes[DIGITS_AT] === ONE &&
  bytes[DIGITS_AT + 1] === ZERO &&
  bytes[DIGITS_AT + 2] === ZERO &&
  bytes.subarray(0, SAYS_CONTINUE.length).equals(SAYS_CONTINUE);

/** What follows that head; undefined when its end has not come yet. */
export function afterHead(bytes: Buffer): Buffer | undefined {
  const at = bytes.indexOf(END_OF_HEAD);
  return at === -1 ? undefined : bytes.subarray(at + END_OF_HEAD.length);
}
