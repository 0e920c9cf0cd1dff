import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as the agent saw it. */
export interface RawRequest {
  method: string | undefined;
  path: string;
  headers: IncomingMessage["headers"];
  text: string;
  /** The parsed body, when it is JSON. */
  body: any;
}

export type RawAnswer = (request: RawRequest, response: ServerResponse) => void;

export interface RawAgent {
  url: string;
  received: RawRequest[];
  /** Open connections. */
  connections(): Promise<number>;
  close(): Promise<void>;
}

export const cardOf = (url: string, more: object = {}) => ({
  name: "raw agent",
  description: "Answers what a test says, byte for byte",
  version: "1.0.0",
  supportedInterfaces: [{ url, protocolBinding: "JSONRPC", protocolVersion: "1.0" }],
  capabilities: { streaming: true, pushNotifications: true },
  defaultInputModes: ["text/plain"],
  defaultOutputModes: ["text/plain"],
  skills: [{ id: "raw", name: "Raw", description: "", tags: [] }],
  ...more,
});

/** An A2A agent on loopback that serves a card and leaves every other answer to the test. */
export async function startRawAgent(answer: RawAnswer, card: (url: string) => object = cardOf): Promise<RawAgent> {
  const received: RawRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      if (request.url === "/health") return response.end("ok");
      if (request.url?.startsWith("/.well-known/")) return response.end(JSON.stringify(card(url)));
      const text = Buffer.concat(chunks).toString();
      const seen = {
        method: request.method,
        path: request.url ?? "",
        headers: request.headers,
        text,
        body: parsed(text),
      };
      received.push(seen);
      return answer(seen, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    received,
    connections: () => new Promise((resolve) => server.getConnections((_, count) => resolve(count))),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A JSON-RPC answer whose result is this JSON text. */
export const rpcResult = (id: unknown, result: string): string =>
  `{"jsonrpc":"2.0","id":${JSON.stringify(id ?? null)},"result":${result}}`;

/** One that says "raw" to whatever it is asked over JSON-RPC, and that it has used an extension. */
export const startRawSpeaker = (): Promise<RawAgent> =>
  startRawAgent(({ body }, response) => {
    if (!body) return void response.writeHead(404).end();
    response.setHeader("content-type", "application/json");
    response.setHeader("a2a-extensions", "https://ext.example/one");
    response.end(rpcResult(body.id, '{"message":{"messageId":"r","role":"ROLE_AGENT","parts":[{"text":"raw"}]}}'));
  });
