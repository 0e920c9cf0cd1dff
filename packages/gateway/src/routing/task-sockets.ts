import type { IncomingMessage } from "node:http";
import { WebSocketServer } from "ws";
import { CallerShares, demandPatience, mayConnect, Problem } from "../http/index.ts";
import { GOING_AWAY } from "./close-codes.ts";
import type { SocketOwner } from "./socket-intake.ts";
import type { TaskCaller } from "./task.ts";
import { type SocketSurroundings, STOPPING, TaskSocket } from "./task-socket.ts";

export interface TaskSocketsOptions extends SocketSurroundings {
  /** Largest message in bytes. */
  messageBytesMax: number;
  /** Largest message in bytes of a caller whose key is not known, or not yet. */
  anonymousMessageBytesMax: number;
  /** All messages that are not handled yet, in bytes. */
  messageBytesInFlight: number;
  socketsMax: number;
  /** Origins of pages that may open sockets, beside the gateway's own. */
  corsOrigins: readonly string[];
  publicUrl(): string;
}

/** Tasks over WebSocket: `auth`, then tasks one after the other, each answered by `status` and `result` or `error`. */
export class TaskSockets {
  readonly #options: TaskSocketsOptions;
  readonly #server: WebSocketServer;
  readonly #open = new Set<TaskSocket>();
  readonly #places: CallerShares;
  readonly #bytes: CallerShares;
  #closing = false;

  constructor(options: TaskSocketsOptions) {
    this.#options = options;
    const { messageBytesMax, anonymousMessageBytesMax, messageBytesInFlight, socketsMax } = options;
    this.#places = new CallerShares({ total: socketsMax, least: { known: 1, anonymous: 1 } });
    this.#bytes = new CallerShares({
      total: messageBytesInFlight,
      least: { known: messageBytesMax, anonymous: anonymousMessageBytesMax },
    });
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: messageBytesMax,
      maxFragments: 1_024,
      perMessageDeflate: false,
      clientTracking: true,
    });
  }

  /** Bytes of messages that are held now. */
  get bytesHeld(): number {
    return this.#bytes.used;
  }

  /**
   * Takes over a connection that asks to be upgraded. Nothing is read from it before it is known whose it is.
   * @throws Problem 403 for a page of a foreign origin, 429 when the client has no token left, 401 or 403 for a key that calls this agent
   *   no more
   */
  async accept(request: IncomingMessage, head: Buffer, caller: TaskCaller): Promise<void> {
    const { connections, misses, corsOrigins, publicUrl } = this.#options;
    if (!mayConnect(request.headers, { corsOrigins, publicUrl: publicUrl() })) {
      throw new Problem(403, "Pages of this origin may not open sockets here", { code: "origin_not_allowed" });
    }
    demandPatience(misses, caller.clientIp);
    const agent = await connections.knock(caller);
    if (!agent) misses.note(caller.clientIp);
    const { name, keyUse } = await connections.connect(caller);
    this.#server.handleUpgrade(request, request.socket, head, (socket) => {
      if (this.#closing) return socket.close(GOING_AWAY, STOPPING);
      const taskSocket = new TaskSocket(socket, request.socket, caller, this.#ownerOf(caller, name), {
        ...this.#options,
        places: this.#places,
        bytes: this.#bytes,
        ownerOf: (known) => this.#ownerOf(caller, known),
      });
      this.#open.add(taskSocket);
      socket.on("close", () => this.#open.delete(taskSocket));
      return taskSocket.open(agent !== undefined, keyUse);
    });
  }

  /** Closes every socket as soon as the tasks sent over it so far are answered. */
  close(): void {
    this.#closing = true;
    for (const socket of this.#open) socket.retire();
  }

  /** Cuts off whoever is still there. */
  terminate(): void {
    for (const socket of this.#server.clients) socket.terminate();
  }

  #ownerOf({ clientIp }: TaskCaller, name: string | undefined): SocketOwner {
    const { networkOf, messageBytesMax, anonymousMessageBytesMax } = this.#options;
    return name === undefined
      ? { owner: { isKnown: false, name: networkOf(clientIp) }, messageBytesMax: anonymousMessageBytesMax }
      : { owner: { isKnown: true, name }, messageBytesMax };
  }
}
