import { connect, type Socket } from "node:net";

/** Called once per request: the status, 0 when the connection broke. */
export type OnAnswer = (status: number) => void;

const HEAD_END = Buffer.from("\r\n\r\n");

/**
 * A kept-alive HTTP/1.1 connection with one request under way at a time. It sends prepared bytes and understands answers of
 * known length, so that the load costs far less than what it measures.
 */
export class HttpConnection {
  readonly #port: number;
  #socket: Socket | undefined;
  #onAnswer: OnAnswer | undefined;
  #received: Buffer | undefined;
  /** Bytes of the answer still to come, once its head is known. */
  #missing = -1;
  #status = 0;

  constructor(port: number) {
    this.#port = port;
  }

  send(request: Buffer, onAnswer: OnAnswer): void {
    this.#onAnswer = onAnswer;
    this.#socket ??= this.#open();
    this.#socket.write(request);
  }

  close(): void {
    this.#onAnswer = undefined;
    this.#socket?.destroy();
  }

  #open(): Socket {
    const socket = connect({ port: this.#port, host: "127.0.0.1", noDelay: true });
    socket.on("data", (chunk) => this.#read(chunk));
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#socket = undefined;
      this.#end(0);
    });
    return socket;
  }

  #read(chunk: Buffer): void {
    if (this.#missing < 0) {
      const data = this.#received ? Buffer.concat([this.#received, chunk]) : chunk;
      const headEnd = data.indexOf(HEAD_END);
      if (headEnd === -1) {
        this.#received = data;
        return;
      }
      this.#received = undefined;
      const head = data.toString("latin1", 0, headEnd);
      const length = /\ncontent-length: *(\d+)/i.exec(head)?.[1];
      if (length === undefined) throw new Error(`an answer without Content-Length: ${head}`);
      this.#status = Number(head.slice(9, 12));
      this.#missing = Number(length) - (data.length - headEnd - HEAD_END.length);
    } else {
      this.#missing -= chunk.length;
    }
    if (this.#missing > 0) return;
    if (this.#missing < 0) throw new Error("more came back than was asked for");
    this.#missing = -1;
    this.#end(this.#status);
  }

  #end(status: number): void {
    this.#missing = -1;
    const onAnswer = this.#onAnswer;
    this.#onAnswer = undefined;
    onAnswer?.(status);
  }
}

/** A POST of JSON as the bytes that go over the wire. */
export function postRequest(path: string, body: string, headers: Record<string, string> = {}): Buffer {
  const lines = Object.entries({
    host: "127.0.0.1",
    "content-type": "application/json",
    "content-length": `${Buffer.byteLength(body)}`,
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join("")}\r\n${body}`);
}

export function getRequest(path: string, headers: Record<string, string> = {}): Buffer {
  const lines = Object.entries({ host: "127.0.0.1", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
}
