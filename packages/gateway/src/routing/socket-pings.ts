import type { WebSocket } from "ws";
import type { Clock } from "../runtime/index.ts";

const PING_INTERVAL_MS = 30_000;

/**
 * Pings the client and gives it up when it has not answered by the next ping.
 *
 * @param isUnheard whether nothing is read from it at the moment, so that no answer can be heard
 * @returns ends it
 */
export function pingUntilSilent(socket: WebSocket, clock: Clock, isUnheard: () => boolean): () => void {
  let answered = true;
  let cancel: () => void;
  socket.on("pong", () => {
    answered = true;
  });
  const schedule = () => {
    cancel = clock.after(PING_INTERVAL_MS, () => {
      if (!answered && !isUnheard()) return socket.terminate();
      answered = false;
      socket.ping();
      schedule();
    });
  };
  schedule();
  return () => cancel();
}
