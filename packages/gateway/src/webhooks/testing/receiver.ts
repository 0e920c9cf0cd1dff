import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** What a receiver was sent. */
export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** `performance.now()` when it came. */
  at: number;
}

/** How a receiver misbehaves, once. */
export type Misdeed = (response: ServerResponse, socket: Socket) => void;

const MIB = 2 ** 20;

const hangs: Misdeed = () => {};
/** One byte at a time, without an end. */
const drips: Misdeed = (response) => {
  response.writeHead(200);
  const timer = setInterval(() => response.write("x"), 50);
  response.on("close", () => clearInterval(timer));
};
const resets: Misdeed = (_, socket) => {
  socket.resetAndDestroy();
};
const redirects: Misdeed = (response) => {
  response.writeHead(302, { location: "http://169.254.169.254/latest/meta-data" }).end();
};
const answersAtLength: Misdeed = (response) => {
  response.writeHead(200).end(Buffer.alloc(10 * MIB, "x"));
};
const status =
  (code: number, headers: Record<string, string> = {}): Misdeed =>
  (response) => {
    response.writeHead(code, headers).end(`it is ${code}`);
  };

/** Ways in which receivers fail. */
export const misdeeds = { hangs, drips, resets, redirects, answersAtLength, status };

/** A receiver of webhooks on loopback. It misbehaves by its script, then takes what comes. */
export interface TestReceiver {
  url: string;
  received: Received[];
  /** What it does with the next requests, in order. */
  script: Misdeed[];
  /** What it does when the script is over. */
  otherwise: Misdeed;
  close(): Promise<void>;
}

export async function startReceiver(port = 0): Promise<TestReceiver> {
  const receiver: TestReceiver = {
    url: "",
    received: [],
    script: [],
    otherwise: misdeeds.status(204),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      receiver.received.push({ path: request.url ?? "", headers: request.headers, body, at: performance.now() });
      (receiver.script.shift() ?? receiver.otherwise)(response, request.socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return receiver;
}

/** The ids that came, in order. */
export const idsIn = ({ received }: TestReceiver): string[] =>
  received.map(({ headers }) => String(headers["webhook-id"]));
