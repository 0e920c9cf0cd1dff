/** A line that is longer than any message may be: what is in it was not kept. */
export const TOO_LONG = Symbol("too long");

const NEWLINE = 0x0a;

/**
 * Messages of the stdio transport, one a line. Blank lines are none. Of a line longer than `bytesMax` nothing but that it was there is
 * told, so that no more than that is ever held.
 */
export async function* messageLines(
  input: AsyncIterable<Uint8Array>,
  bytesMax: number,
): AsyncGenerator<string | typeof TOO_LONG> {
  let held: Uint8Array[] = [];
  let size = 0;
  const taken = (): string | typeof TOO_LONG => {
    const line = size > bytesMax ? TOO_LONG : Buffer.concat(held).toString().trim();
    held = [];
    size = 0;
    return line;
  };
  const hold = (bytes: Uint8Array) => {
    size += bytes.length;
    if (size <= bytesMax) held.push(bytes);
    else held = [];
  };
  for await (const chunk of input) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      hold(chunk.subarray(from, at));
      from = at + 1;
      const line = taken();
      if (line !== "") yield line;
    }
    if (from < chunk.length) hold(chunk.subarray(from));
  }
  const last = taken();
  if (last !== "") yield last;
}
