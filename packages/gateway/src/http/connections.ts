import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Clock } from "../runtime/index.ts";

/** Node keeps the response under way there; its own error handling looks at it, too. */
export type HttpSocket = Socket & { _httpMessage?: ServerResponse | null };

const SWEEP_MS = 50;

/**
 * Who is connected. Node closes, once, the connections that are idle when a server closes; those that never sent a whole head,
 * and those whose answer comes later, would hold it up until they time out.
 */
export class Connections {
  readonly #open = new Set<Duplex>();
  readonly #clock: Clock;

  constructor(server: Server, clock: Clock) {
    this.#clock = clock;
    const open = this.#open;
    function onClose(this: Socket): void {
      open.delete(this);
    }
    server.on("connection", (socket: Socket) => {
      open.add(socket);
      socket.on("close", onClose);
    });
    // From there on it is no longer HTTP's; whoever took it over closes it.
    server.on("upgrade", (_request: IncomingMessage, socket: Duplex) => this.#open.delete(socket));
  }

  /** Closes every connection as soon as no request on it is being answered. */
  drain(): void {
    for (const socket of this.#open) if (!(socket as HttpSocket)._httpMessage) socket.destroy();
    if (this.#open.size > 0) this.#clock.after(SWEEP_MS, () => this.drain());
  }
}
