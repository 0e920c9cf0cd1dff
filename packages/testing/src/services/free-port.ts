import { createServer } from "node:net";

/** Below the ports that systems give to connections and to `listen(0)`: nobody is given one of these meanwhile. */
const range = { from: 20_000, to: 32_000 };
const given = new Set<number>();

/** A TCP port on 127.0.0.1 that nothing listens on, and that this process has not been told of before. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 1_000; attempt++) {
    const port = range.from + Math.floor(Math.random() * (range.to - range.from));
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error(`no free port from ${range.from} to ${range.to}`);
}

const isFree = (port: number) =>
  new Promise<boolean>((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
