const HEADER_BYTES = 8;
/** A frame of more is none that an engine makes. */
const FRAME_BYTES_MAX = 16 * 1024 * 1024;

/** The text of a container's output, whose pieces come in frames: one byte for the stream, three of nothing, four of length. */
export async function* readFrames(pieces: AsyncIterable<Buffer>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    while (rest.length >= HEADER_BYTES) {
      const length = rest.readUInt32BE(4);
      if (length > FRAME_BYTES_MAX) return;
      if (rest.length < HEADER_BYTES + length) break;
      yield decoder.decode(rest.subarray(HEADER_BYTES, HEADER_BYTES + length), { stream: true });
      rest = rest.subarray(HEADER_BYTES + length);
    }
  }
}
