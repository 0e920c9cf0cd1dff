import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type Clock, type NetworkOf, plainAddress, Shares } from "../runtime/index.ts";

/** A client that sends nothing for so long has no more to send: it reads, or has gone. */
const QUIET_MS = 1_000;
const MS_MAX = 10_000;
/** What is read of anybody's rest. */
const LITTLE_BYTES = 65_536;
/** What is read of it by those who have a place: more than the largest body that anybody may send, an archive. */
const BYTES_MAX = 67_108_864;
const PLACES = { total: 32, perOwner: 8 };

/**
 * Ends connections after their last answer in stages (RFC 9112, section 9.6): the client is told that nothing more comes, and what it is
 * still sending is read and dropped until it hangs up. Closed at once, the system would meet the rest with a reset, and a reset takes the
 * answer from a client that has not read it yet. What many send at once is not worth the reading: they have a second to read the answer.
 */
export class StagedClose {
  readonly #clock: Clock;
  readonly #networkOf: NetworkOf;
  readonly #places = new Shares(PLACES);
  readonly #closing = new Set<Duplex>();

  constructor(clock: Clock, networkOf: NetworkOf) {
    this.#clock = clock;
    this.#networkOf = networkOf;
  }

  /** Has a server end its connections so: Node calls this method of a socket when an answer was its last. */
  serve(server: Server): void {
    const close = (socket: Socket) => this.close(socket);
    function destroySoon(this: Socket): void {
      close(this);
    }
    server.on("connection", (socket: Socket) => {
      socket.destroySoon = destroySoon;
    });
  }

  /** Hangs up on whoever is still sending. */
  cut(): void {
    for (const socket of this.#closing) socket.destroy();
  }

  /** Nothing that comes from now on is a request. */
  close(socket: Duplex): void {
    const network = this.#networkOf(plainAddress((socket as Socket).remoteAddress));
    const endsAt = this.#clock.monotonic() + MS_MAX;
    let bytes = 0;
    let hasPlace = false;
    let isQuiet = true;
    socket.removeAllListeners("data");
    socket.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      isQuiet = false;
      if (bytes > BYTES_MAX) socket.destroy();
      else if (bytes > LITTLE_BYTES && !hasPlace) {
        hasPlace = this.#places.take(network, 1);
        if (!hasPlace) socket.pause();
      }
    });
    const cut = () => {
      if (isQuiet || this.#clock.monotonic() >= endsAt) {
        socket.destroy();
        return;
      }
      isQuiet = true;
      cancelCut = this.#clock.after(QUIET_MS, cut);
    };
    let cancelCut = this.#clock.after(QUIET_MS, cut);
    this.#closing.add(socket);
    socket.once("close", () => {
      this.#closing.delete(socket);
      cancelCut();
      if (hasPlace) this.#places.give(network, 1);
    });
    socket.resume();
    socket.end();
  }
}
