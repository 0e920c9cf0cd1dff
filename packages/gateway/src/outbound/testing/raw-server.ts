import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

/** A TCP server that does what a script says, right or wrong, and remembers what it was sent. */
export interface RawServer extends AsyncDisposable {
  port: number;
  url: string;
  /** Requests received, as text, one entry per head that was complete. */
  requests: string[];
  /** Connections accepted so far. */
  connections: number;
  sockets: Set<Socket>;
}

/** Called for each complete request head (and what came with it). */
export type Script = (socket: Socket, request: string, server: RawServer) => void;

export async function startRawServer(script: Script, host = "127.0.0.1", port = 0): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const listener = createServer({ allowHalfOpen: true }, (socket) => {
    server.connections += 1;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.on("end", () => socket.end());
    let received = "";
    socket.on("data", (data) => {
      received += data.toString("latin1");
      if (!received.includes("\r\n\r\n")) return;
      const request = received;
      received = "";
      server.requests.push(request);
      script(socket, request, server);
    });
  });
  listener.listen(port, host);
  await once(listener, "listening");
  const bound = (listener.address() as AddressInfo).port;
  const server: RawServer = {
    port: bound,
    url: `http://${host}:${bound}/`,
    requests: [],
    connections: 0,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      listener.close();
      await once(listener, "close");
    },
  };
  return server;
}

/** A complete answer that keeps the connection. */
export function answer(body: string, headers = ""): string {
  return `HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;
}
