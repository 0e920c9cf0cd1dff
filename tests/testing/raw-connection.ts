import { connect, type Socket } from "node:net";

/** A response as it came over the wire. */
export interface RawResponse {
  status: number;
  /** Names in lower case; of a repeated header, the values joined by ", ". */
  headers: Record<string, string>;
  /** Header names as sent, in order. */
  headerNames: string[];
  body: string;
}

interface Waiting {
  method: string;
  resolve(response: RawResponse): void;
  reject(error: Error): void;
}

const TIMEOUT_MS = 90_000;

/** A client that sends exactly the bytes it is given and reads HTTP/1.1 responses, one after the other. */
export class RawConnection {
  /** Resolves when the server has closed the connection. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #isClosed = false;
  #waiting: Waiting[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once("close", () => {
        this.#isClosed = true;
        resolve();
        this.#readResponses();
      });
    });
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#readResponses();
    });
  }

  static open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    return new Promise((resolve, reject) => {
      const socket = connect({ host: hostname, port: Number(port), noDelay: true });
      socket.once("connect", () => resolve(new RawConnection(socket)));
      socket.once("error", reject);
    });
  }

  get isClosed(): boolean {
    return this.#isClosed || this.#socket.destroyed;
  }

  /** Bytes that came and belong to no awaited response. */
  get rest(): string {
    return this.#received.toString("latin1");
  }

  /** Sends bytes; text is sent as Latin-1, one byte per character. */
  write(bytes: string | Buffer): void {
    this.#socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
  }

  /** Sends a request and reads the response to it. @param method tells whether the response can have a body */
  exchange(bytes: string | Buffer, method?: string): Promise<RawResponse> {
    const head = typeof bytes === "string" ? bytes : bytes.toString("latin1", 0, 16);
    const response = this.read(method ?? head.split(" ", 1)[0]);
    this.write(bytes);
    return response;
  }

  /** Reads the next response. @throws when the connection closes first, or after 90 s. */
  read(method = "GET"): Promise<RawResponse> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no response; received so far: ${this.rest}`)), TIMEOUT_MS);
      this.#waiting.push({
        method,
        resolve(response) {
          clearTimeout(timer);
          resolve(response);
        },
        reject(error) {
          clearTimeout(timer);
          reject(error);
        },
      });
      this.#readResponses();
    });
  }

  /** Half-closes: nothing more will be sent. */
  end(): void {
    this.#socket.end();
  }

  /** Hangs up at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  #readResponses(): void {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      const parsed = parseResponse(this.#received, next.method, this.#isClosed);
      if (!parsed && !this.#isClosed) return;
      this.#waiting.shift();
      if (!parsed) {
        next.reject(new Error(`the connection closed before a response; received: ${this.rest}`));
        continue;
      }
      this.#received = this.#received.subarray(parsed.length);
      if (parsed.response.status === 100) this.#waiting.unshift(next);
      else next.resolve(parsed.response);
    }
  }
}

/** The first complete response in these bytes (RFC 9112, section 6.3). */
function parseResponse(
  bytes: Buffer,
  method: string,
  ended: boolean,
): { response: RawResponse; length: number } | undefined {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd === -1) return undefined;
  const [statusLine = "", ...lines] = bytes.toString("latin1", 0, headEnd).split("\r\n");
  const match = /^HTTP\/1\.1 (\d{3}) /.exec(statusLine);
  if (!match) throw new Error(`not a status line: ${statusLine}`);
  const status = Number(match[1]);
  const headers: Record<string, string> = {};
  const headerNames: string[] = [];
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).trim();
    headerNames.push(name);
    const key = name.toLowerCase();
    headers[key] = key in headers ? `${headers[key]}, ${value}` : value;
  }
  const start = headEnd + 4;
  const done = (body: Buffer, end: number) => ({
    response: { status, headers, headerNames, body: body.toString("utf8") },
    length: end,
  });
  if (status < 200 || status === 204 || status === 304 || method === "HEAD") return done(Buffer.alloc(0), start);
  if (headers["transfer-encoding"] === "chunked") return readChunks(bytes, start, done);
  const length = headers["content-length"];
  if (length === undefined) return ended ? done(bytes.subarray(start), bytes.length) : undefined;
  const end = start + Number(length);
  return bytes.length >= end ? done(bytes.subarray(start, end), end) : undefined;
}

function readChunks<T>(bytes: Buffer, start: number, done: (body: Buffer, end: number) => T): T | undefined {
  const chunks: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd === -1) return undefined;
    const size = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    const end = lineEnd + 2 + size;
    if (bytes.length < end + 2) return undefined;
    if (size === 0) return done(Buffer.concat(chunks), end + 2);
    chunks.push(bytes.subarray(lineEnd + 2, end));
    at = end + 2;
  }
}
