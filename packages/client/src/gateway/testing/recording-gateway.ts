import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Recorded {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  body: string;
}

export type Answer = (response: ServerResponse, request: Recorded) => void;

/** A real HTTP server that keeps what it was asked and answers as told. */
export async function startRecordingGateway() {
  const requests: Recorded[] = [];
  let answer: Answer = (response) => response.writeHead(200, { "content-type": "application/json" }).end("{}");
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = "", url = "", headers } = request;
    const recorded = { method, url, headers, body: Buffer.concat(chunks).toString("latin1") };
    requests.push(recorded);
    answer(response, recorded);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answers(next: Answer) {
      answer = next;
    },
    answersJson(status: number, body: unknown, headers: Record<string, string> = {}) {
      answer = (response) =>
        response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
