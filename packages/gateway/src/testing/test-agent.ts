import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What an agent was sent. */
export interface ReceivedTask {
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
}

export interface TestAgent {
  url: string;
  received: ReceivedTask[];
  server: Server;
  close(): Promise<void>;
}

export type Answer = (task: ReceivedTask, response: ServerResponse, request: IncomingMessage) => void;

/** Answers as the plain contract's typical agent does: `Echo: …`. */
export const echo: Answer = ({ body }, response) => {
  // Whoever looks for what lives here sends no task.
  if (body === "") return void response.writeHead(404).end();
  const { id, message } = JSON.parse(body);
  const text = `Echo: ${message?.parts?.[0]?.text ?? ""}`;
  response.setHeader("content-type", "application/json");
  response.end(
    JSON.stringify({ id, status: { state: "completed" }, artifacts: [{ parts: [{ type: "text", text }] }] }),
  );
};

/** A real agent on loopback that remembers what it was sent; healthy unless told otherwise. */
export async function startAgent(answer: Answer = echo): Promise<TestAgent> {
  const received: ReceivedTask[] = [];
  const server = createServer((request, response) => {
    if (request.url === "/health") return response.end("ok");
    if (request.url?.startsWith("/.well-known/")) return response.writeHead(404).end();
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const task = { path: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks).toString() };
      received.push(task);
      answer(task, response, request);
    });
    return undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
