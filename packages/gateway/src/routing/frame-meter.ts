/** What a piece costs beside its bytes, as an object of its own. */
const PIECE_BYTES = 256;
const FIN = 0x80;
const CONTROL = 0x08;

/**
 * Follows the bytes of a WebSocket (RFC 6455, section 5.2), to know at every moment how many of them belong to a message that is not
 * finished. It judges nothing: what is no sound frame is refused by whoever reads the messages.
 */
export class FrameMeter {
  /** Bytes of the message under way, in its frames so far. */
  #message = 0;
  #pieces = 0;
  #finished = 0;
  #largest = 0;
  /** A part of a message has come, and its end has not. */
  #isFragmented = false;
  /** Of the frame's head: what has come of it, and how long it is as far as that tells. */
  readonly #head = Buffer.allocUnsafe(14);
  #headLength = 0;
  #headNeeded = 2;
  /** Of the frame's payload that has still to come; 0 while its head is read. */
  #left = 0;

  /** Bytes of the unfinished message that have come. */
  get bytes(): number {
    return this.#message;
  }

  /** What they take to keep. */
  get cost(): number {
    return this.#message + this.#pieces * PIECE_BYTES;
  }

  /** Whether a frame or a message is under way. */
  get isBusy(): boolean {
    return this.#isFragmented || this.#headLength > 0;
  }

  /** How many messages have come to their end. */
  get finished(): number {
    return this.#finished;
  }

  /** @returns how many bytes the largest message had, of those that were under way in this chunk */
  add(chunk: Uint8Array): number {
    this.#largest = this.#message;
    for (let at = 0; at < chunk.length; ) {
      if (this.#left === 0 && this.#headLength < this.#headNeeded) at = this.#readHead(chunk, at);
      if (this.#headLength === this.#headNeeded) at = this.#readPayload(chunk, at);
    }
    if (this.isBusy) this.#pieces++;
    return this.#largest;
  }

  #readHead(chunk: Uint8Array, from: number): number {
    let at = from;
    while (at < chunk.length && this.#headLength < this.#headNeeded) {
      this.#head[this.#headLength++] = chunk[at++]!;
      if (this.#headLength === 2) this.#headNeeded = headLengthOf(this.#head[1]!);
    }
    if (this.#headLength === this.#headNeeded) this.#left = payloadLengthOf(this.#head);
    return at;
  }

  #readPayload(chunk: Uint8Array, from: number): number {
    const taken = Math.min(this.#left, chunk.length - from);
    this.#left -= taken;
    this.#message += taken;
    if (this.#message > this.#largest) this.#largest = this.#message;
    if (this.#left === 0) this.#endFrame();
    return from + taken;
  }

  #endFrame(): void {
    const [first = 0] = this.#head;
    if ((first & CONTROL) !== 0) {
      this.#message -= payloadLengthOf(this.#head);
    } else {
      this.#isFragmented = (first & FIN) === 0;
      this.#pieces++;
      if (!this.#isFragmented) this.#finished++;
    }
    if (!this.#isFragmented) {
      this.#message = 0;
      this.#pieces = 0;
    }
    this.#headLength = 0;
    this.#headNeeded = 2;
  }
}

/** @param second byte of the head */
function headLengthOf(second: number): number {
  const length = second & 0x7f;
  return 2 + (length === 127 ? 8 : length === 126 ? 2 : 0) + ((second & 0x80) === 0 ? 0 : 4);
}

function payloadLengthOf(head: Buffer): number {
  const length = head[1]! & 0x7f;
  if (length < 126) return length;
  return length === 126 ? head.readUInt16BE(2) : head.readUInt32BE(2) * 2 ** 32 + head.readUInt32BE(6);
}
