/** The two characters of each byte, the first in the lower half. */
const HEX = Uint16Array.from({ length: 256 }, (_, byte) => {
  const text = byte.toString(16).padStart(2, "0");
  return text.charCodeAt(0) | (text.charCodeAt(1) << 8);
});
/** Where in the text each of the sixteen bytes stands. */
const PLACES = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34] as const;
const LENGTH = 36;
const DASHES = [8, 13, 18, 23] as const;

const text = Buffer.alloc(LENGTH);
for (const place of DASHES) text[place] = 0x2d;
const digits = Buffer.alloc(LENGTH);

/**
 * Sixteen bytes as a UUID is written (RFC 9562, section 4). It is one piece: a text that is put together of parts holds on to all of
 * them, and ids are held in great numbers.
 */
export function uuidText(bytes: Uint8Array, from = 0): string {
  for (let at = 0; at < PLACES.length; at++) {
    const pair = HEX[bytes[from + at]!]!;
    const place = PLACES[at]!;
    text[place] = pair & 0xff;
    text[place + 1] = pair >> 8;
  }
  return text.toString("latin1");
}

/** The 32 digits of a UUID, in one piece as well. */
export function uuidDigits(uuid: string): string {
  digits.write(uuid, "latin1");
  digits.copyWithin(8, 9, 13);
  digits.copyWithin(12, 14, 18);
  digits.copyWithin(16, 19, 23);
  digits.copyWithin(20, 24, LENGTH);
  return digits.toString("latin1", 0, 32);
}
