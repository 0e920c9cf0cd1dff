const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Collects a body as it comes, in memory of its own size: a chunk kept as it is may be one byte in an object of a hundred. */
export class BodyBytes {
  /** Bytes so far. */
  length = 0;
  #first: Uint8Array | undefined;
  #all: Uint8Array | undefined;

  /** @param chunk a string where somebody has set an encoding */
  add(chunk: Uint8Array | string): void {
    const bytes = typeof chunk === "string" ? encoder.encode(chunk) : chunk;
    const before = this.length;
    this.length += bytes.length;
    if (before === 0) {
      this.#first = bytes;
      return;
    }
    if (!this.#all || this.#all.length < this.length) {
      const larger = new Uint8Array(this.length * 2);
      larger.set(this.#all ?? this.#first!);
      this.#all = larger;
    }
    this.#all.set(bytes, before);
  }

  text(): string {
    const bytes = this.#all?.subarray(0, this.length) ?? this.#first;
    return bytes ? decoder.decode(bytes) : "";
  }
}
