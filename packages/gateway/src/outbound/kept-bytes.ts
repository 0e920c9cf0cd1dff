const blockBytesMin = 16 * 1024;
const blockBytesMax = 1024 * 1024;
const nothing = Buffer.alloc(0);

/**
 * A body as it comes. A chunk is a slice of what was read from the socket: kept as it is, one byte may hold on to all that came with it.
 * So only a first chunk that is most of its read stays what it is, for many bodies are no more than that; others are copied into blocks.
 */
export class KeptBytes {
  #first: Buffer | null = null;
  #blocks: Buffer[] | null = null;
  /** Of the last block. */
  #filled = 0;
  #length = 0;
  #capacity = 0;

  get length(): number {
    return this.#length;
  }

  /** Bytes of memory taken: no more than four times the length, and twice the length of what is large. */
  get capacity(): number {
    return this.#capacity;
  }

  add(chunk: Buffer): void {
    if (chunk.length === 0) return;
    if (this.#length === 0) {
      this.#first = chunk.length * 4 >= chunk.buffer.byteLength ? chunk : copyOf(chunk);
      this.#capacity = this.#first.buffer.byteLength;
      this.#length = chunk.length;
      return;
    }
    const first = this.#first;
    if (first) {
      this.#first = null;
      this.#capacity = this.#length = 0;
      this.#append(first);
    }
    this.#append(chunk);
  }

  /** Shows what there is, in its order. */
  show(to: (bytes: Buffer) => void): void {
    if (this.#first) to(this.#first);
    const last = (this.#blocks?.length ?? 0) - 1;
    for (const [index, block] of (this.#blocks ?? []).entries()) {
      to(index === last ? block.subarray(0, this.#filled) : block);
    }
  }

  /** All of it in one piece. Nothing is kept any more. */
  take(): Buffer {
    const all = this.#first ?? this.#joined();
    this.clear();
    return all;
  }

  clear(): void {
    this.#first = this.#blocks = null;
    this.#filled = this.#length = this.#capacity = 0;
  }

  #joined(): Buffer {
    const blocks = this.#blocks;
    if (!blocks) return nothing;
    blocks.push(blocks.pop()!.subarray(0, this.#filled));
    return blocks.length === 1 ? blocks[0]! : Buffer.concat(blocks);
  }

  #append(chunk: Buffer): void {
    for (let from = 0; from < chunk.length; ) {
      let block = this.#blocks?.at(-1);
      if (!block || this.#filled === block.length) block = this.#open(chunk.length - from);
      const copied = chunk.copy(block, this.#filled, from);
      this.#filled += copied;
      this.#length += copied;
      from += copied;
    }
  }

  /** As much again as there is, so that the blocks stay few. */
  #open(needed: number): Buffer {
    const size = Math.min(Math.max(this.#length, needed, blockBytesMin), blockBytesMax);
    const block = Buffer.allocUnsafeSlow(size);
    this.#blocks ??= [];
    this.#blocks.push(block);
    this.#filled = 0;
    this.#capacity += size;
    return block;
  }
}

function copyOf(chunk: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(chunk.length);
  chunk.copy(copy);
  return copy;
}
