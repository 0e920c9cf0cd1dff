import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

interface RecordedExchange {
  readonly name: string;
  readonly request: { readonly method: string; readonly path: string; readonly body: string };
  /** The bytes of the reply. */
  readonly reply: string;
}

export const recorded: { readonly exchanges: readonly RecordedExchange[] } = JSON.parse(
  readFileSync(new URL("../fixtures/python/recorded.json", import.meta.url), "utf8"),
);

export const recordedManifest = (): unknown => JSON.parse(replyTo("manifest").split("\r\n\r\n")[1]!);

const replyTo = (name: string): string => recorded.exchanges.find((exchange) => exchange.name === name)!.reply;

/**
 * Sends the recorded bytes over real sockets: to each request those that were recorded for its method and path, in the order of
 * recording, the last one again and again. `answers` names others for a path, likewise in order.
 */
export async function servePythonSite(answers: Readonly<Record<string, string | readonly string[]>> = {}) {
  const left = new Map<string, string[]>();
  for (const { request, reply } of recorded.exchanges) {
    const key = `${request.method} ${request.path}`;
    left.set(key, [...(left.get(key) ?? []), reply]);
  }
  const named = new Map(Object.entries(answers).map(([path, names]) => [path, [names].flat().map(replyTo)]));
  const requests: { path: string; headers: NodeJS.Dict<string | string[]>; body: unknown }[] = [];
  const server = createServer(async (request) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { method, url: path = "", headers, socket } = request;
    requests.push({ path, headers, body: body && JSON.parse(body) });
    const replies = named.get(path) ?? left.get(`${method} ${path}`) ?? [replyTo("path that is not there")];
    const reply = replies.length > 1 ? replies.shift()! : replies[0]!;
    socket.end(reply.replace("127.0.0.1:18765", headers.host!));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
