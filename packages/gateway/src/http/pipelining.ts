import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** Requests of one connection that may begin in one turn of the event loop: no client waits for so many answers at once. */
const AT_ONCE_MAX = 64;

interface CountedSocket extends Socket {
  /** The turn in which its last request began, and how many have begun in it. */
  turn?: number;
  begun?: number;
}

/** For each request that has no answer Node makes an error, whose stack nobody reads: with it, two thousand take 50 ms. */
function cut(socket: Socket): void {
  if (socket.destroyed) return;
  const { stackTraceLimit } = Error;
  socket.prependListener("close", () => {
    Error.stackTraceLimit = 0;
  });
  socket.on("close", () => {
    Error.stackTraceLimit = stackTraceLimit;
  });
  socket.destroy();
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Ends connections that send requests by the hundred without waiting for an answer. Node hands over all that a read has brought, and goes
 * on reading the same connection: a megabyte of small requests would be answered before anybody else's next one.
 */
export function boundPipelining(server: Server): void {
  const handlers = server.listeners("request") as Listener[];
  server.removeAllListeners("request");
  let turn = 0;
  let isTurnCounted = false;
  const nextTurn = () => {
    turn++;
    isTurnCounted = false;
  };
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    if (!isTurnCounted) {
      isTurnCounted = true;
      setImmediate(nextTurn);
    }
    const socket = request.socket as CountedSocket;
    if (socket.turn !== turn) {
      socket.turn = turn;
      socket.begun = 0;
    }
    if (++socket.begun! > AT_ONCE_MAX) cut(socket);
    else for (const handle of handlers) handle(request, response);
  });
}
