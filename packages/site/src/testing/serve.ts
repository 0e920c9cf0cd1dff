import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Serving {
  readonly url: string;
  readonly server: Server;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

/** Listens on a free loopback port. */
export const serve = (listener: RequestListener): Promise<Serving> => serveWith(createServer(listener));

export async function serveWith(server: Server): Promise<Serving> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    server,
    fetch: (path, init) => fetch(url + path, init),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
