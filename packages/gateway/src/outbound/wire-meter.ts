import type { Socket } from "node:net";
import { OutboundError } from "./outbound-error.ts";

/**
 * What a connection may send that is no body: heads, interim responses, the lines of a chunked coding with their extensions, trailers.
 * The parser bounds heads and trailers, and passes the rest over in silence.
 */
const overheadMax = 256 * 1024;
/** What each piece of a body may bring of that. */
const overheadPerPiece = 256;

/** Bytes of one connection that have brought no body. */
interface Overhead {
  bytes: number;
}

/** Counts the raw bytes of all connections, and ends one that floods its calls with what is no answer. */
export class WireMeter {
  /** Of the connection whose bytes are being read. */
  #reading: Overhead = { bytes: 0 };

  /** Counts whatever is read from this socket from now on. */
  watch(socket: Socket): void {
    const overhead: Overhead = { bytes: 0 };
    const { read, unshift } = socket;
    socket.read = (size) => {
      this.#reading = overhead;
      const chunk: Buffer | null = read.call(socket, size);
      if (chunk === null) return null;
      overhead.bytes += chunk.length;
      if (overhead.bytes <= overheadMax) return chunk;
      socket.destroy(new OutboundError("protocol", "the connection carries hardly anything of an answer"));
      return null;
    };
    // What the parser has not come to is read again.
    socket.unshift = (chunk, encoding) => {
      overhead.bytes -= chunk.length;
      unshift.call(socket, chunk, encoding);
    };
  }

  /** The head of an answer was among what is being read. */
  onHead(): void {
    this.#reading.bytes = 0;
  }

  /** So much of a body was. */
  onBody(bytes: number): void {
    const reading = this.#reading;
    reading.bytes = Math.max(0, reading.bytes - bytes - overheadPerPiece);
  }
}
