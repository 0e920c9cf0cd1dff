import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { toNodeHandler } from "@agentgate/site/node";
import { foodpandaSite } from "./site.ts";

export interface ServedSite {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the site on this machine. @param port - 0 for any free one */
export async function serveFoodpanda(port: number): Promise<ServedSite> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.on("request", toNodeHandler(foodpandaSite(undefined, url)));
  return {
    url,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
