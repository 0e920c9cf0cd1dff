import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { Undelivered } from "../http/index.ts";
import type { Clock } from "../runtime/index.ts";
import type { SocketMessage } from "./socket-messages.ts";

export interface SocketReaderOptions {
  clock: Clock;
  /** Counts results that are not read yet. */
  undelivered: Pick<Undelivered, "hold">;
  /** Of the client's address. */
  network: string;
}

/** How long a reader may take for a result. */
const PATIENCE_MS = 60_000;

/** What a client is told, and whether it reads it: one that lags has one result waiting, not many, and not for ever. */
export class SocketReader {
  readonly #socket: WebSocket;
  readonly #raw: Socket;
  readonly #options: SocketReaderOptions;

  constructor(socket: WebSocket, raw: Socket, options: SocketReaderOptions) {
    this.#socket = socket;
    this.#raw = raw;
    this.#options = options;
  }

  tell(message: SocketMessage): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** Resolves when the text has left this process, or never can. */
  deliver(text: string): Promise<void> {
    return new Promise((resolve) => {
      const { undelivered, network } = this.#options;
      const cancel = this.#giveUpInTime();
      const read = undelivered.hold(network, text.length);
      this.#socket.send(text, () => {
        read();
        cancel();
        resolve();
      });
    });
  }

  /** Who does not read what it is told is not listened to: resolves when it has; undefined when it does. */
  caughtUp(): Promise<void> | undefined {
    const raw = this.#raw;
    if (!raw.writableNeedDrain) return undefined;
    return new Promise((resolve) => {
      const cancel = this.#giveUpInTime();
      const over = () => {
        cancel();
        raw.off("drain", over).off("close", over);
        resolve();
      };
      raw.on("drain", over).on("close", over);
    });
  }

  #giveUpInTime(): () => void {
    return this.#options.clock.after(PATIENCE_MS, () => this.#socket.terminate());
  }
}
