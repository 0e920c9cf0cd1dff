import { createServer, type IncomingHttpHeaders, request } from "node:http";
import type { AddressInfo } from "node:net";

/** What a caller's connection does to the answer that comes back. */
export type Break =
  /** The answer is lost, once it is whole. */
  | "after"
  /** The connection ends with the first bytes of the answer. */
  | "begun"
  | undefined;

export interface BreakingProxy {
  url: string;
  /** What was sent through it. */
  sent: { line: string; key: string | undefined }[];
  /** What happens to the next answers, one after the other; then nothing. */
  breaks: Break[];
  close(): Promise<void>;
}

/** A bad line before a gateway: requests reach it, answers get lost. */
export async function startBreakingProxy(target: string): Promise<BreakingProxy> {
  const sent: BreakingProxy["sent"] = [];
  const breaks: Break[] = [];
  const server = createServer((incoming, reply) => {
    const how = breaks.shift();
    const headers: IncomingHttpHeaders = { ...incoming.headers };
    delete headers.host;
    sent.push({ line: `${incoming.method} ${incoming.url}`, key: headers["idempotency-key"] as string | undefined });
    const outgoing = request(target + incoming.url, { method: incoming.method, headers }, (answer) => {
      if (how === undefined) {
        reply.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(reply);
      } else if (how === "after") answer.resume().on("end", () => reply.destroy());
      else {
        reply.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.once("data", (bytes) => reply.write(bytes, () => reply.destroy()));
      }
    });
    outgoing.on("error", () => reply.destroy());
    reply.on("close", () => outgoing.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent,
    breaks,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
