import type { Socket } from "node:net";
import { endOfInterim, mayBeInterim } from "./interim-head.ts";
import { OutboundError } from "./outbound-error.ts";

/**
 * What a connection may send that is no body: heads, interim responses, the lines of a chunked coding with their extensions, trailers.
 * The parser bounds heads and trailers, and passes the rest over in silence.
 */
const overheadMax = 256 * 1024;
/** What each piece of a body may bring of that. */
const overheadPerPiece = 256;
/** What an interim answer may take: each piece of one that has not come whole is looked at with those before it. */
const interimMax = 8 * 1024;

/** What has been read of one connection. */
interface Wire {
  /** Bytes that have brought no body. */
  overhead: number;
  /** What comes next is the head of an answer. */
  awaitsHead: boolean;
  /** An interim answer that has not come whole, or what may become one. */
  interim: Buffer | undefined;
}

/**
 * Counts the raw bytes of all connections, and ends one that floods its calls with what is no answer. An interim answer that nobody asked
 * for is left out of what is read.
 */
export class WireMeter {
  /** The connection whose bytes are being read. */
  #reading: Wire = { overhead: 0, awaitsHead: true, interim: undefined };

  /** Counts whatever is read from this socket from now on. */
  watch(socket: Socket): void {
    const wire: Wire = { overhead: 0, awaitsHead: true, interim: undefined };
    const { read, unshift } = socket;
    socket.read = (size) => {
      this.#reading = wire;
      for (;;) {
        const chunk: Buffer | null = read.call(socket, size);
        if (chunk === null) return null;
        wire.overhead += chunk.length;
        if (wire.overhead > overheadMax) {
          socket.destroy(new OutboundError("protocol", "the connection carries hardly anything of an answer"));
          return null;
        }
        if (!wire.awaitsHead || (wire.interim === undefined && !mayBeInterim(chunk))) return chunk;
        const rest = withoutInterim(wire, chunk);
        if (rest) return rest;
        if (Number(wire.interim?.length) > interimMax) {
          socket.destroy(new OutboundError("protocol", "the head of an interim answer is too large"));
          return null;
        }
      }
    };
    // What the parser has not come to is read again.
    socket.unshift = (chunk, encoding) => {
      wire.overhead -= chunk.length;
      unshift.call(socket, chunk, encoding);
    };
  }

  /** The head of an answer was among what is being read. */
  onHead(): void {
    this.#reading.overhead = 0;
    this.#reading.awaitsHead = false;
  }

  /** So much of a body was. */
  onBody(bytes: number): void {
    const reading = this.#reading;
    reading.overhead = Math.max(0, reading.overhead - bytes - overheadPerPiece);
  }

  /** The answer's end was. */
  onEnd(): void {
    this.#reading.awaitsHead = true;
  }
}

/** What follows the interim answers that a read has brought, and perhaps more of one that was there; undefined when nothing does yet. */
function withoutInterim(wire: Wire, chunk: Buffer): Buffer | undefined {
  let bytes = wire.interim ? Buffer.concat([wire.interim, chunk]) : chunk;
  wire.interim = undefined;
  while (bytes.length > 0) {
    const end = endOfInterim(bytes);
    if (end === 0) return bytes;
    if (end === -1) {
      wire.interim = bytes;
      return undefined;
    }
    bytes = bytes.subarray(end);
  }
  return undefined;
}
