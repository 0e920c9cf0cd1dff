const ZEROS = Buffer.alloc(65_536);

/** Reads so many bytes at a time from pieces of any size, and waits for more while there are too few. */
export class ByteReader {
  readonly #pieces: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(pieces: AsyncIterable<Buffer>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** Exactly `length` bytes; fewer at the end. */
  async take(length: number): Promise<Buffer> {
    if (this.#rest.length >= length) return this.#cut(length);
    const parts: Buffer[] = [];
    let missing = length;
    for await (const part of this.stream(length)) {
      parts.push(part);
      missing -= part.length;
    }
    return Buffer.concat(parts, length - missing);
  }

  /** The next `length` bytes as they come; fewer at the end. */
  async *stream(length: number): AsyncIterable<Buffer> {
    for (let missing = length; missing > 0; ) {
      if (this.#rest.length === 0) {
        const { done, value } = await this.#pieces.next();
        if (done) return;
        this.#rest = value;
        continue;
      }
      const part = this.#cut(Math.min(missing, this.#rest.length));
      missing -= part.length;
      yield part;
    }
  }

  /** Whether any byte other than zero comes before the end. */
  async hasMore(): Promise<boolean> {
    for (let piece = this.#rest; ; ) {
      for (let at = 0; at < piece.length; at += ZEROS.length) {
        const part = piece.subarray(at, at + ZEROS.length);
        if (!part.equals(ZEROS.subarray(0, part.length))) return true;
      }
      const { done, value } = await this.#pieces.next();
      if (done) return false;
      piece = value;
    }
  }

  #cut(length: number): Buffer {
    const part = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return part;
  }
}
