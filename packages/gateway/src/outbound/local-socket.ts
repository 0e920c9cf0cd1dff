import { Agent, type IncomingMessage, request as open } from "node:http";
import type { Readable } from "node:stream";

export interface LocalRequest {
  method: "GET" | "POST" | "PUT" | "DELETE";
  /** With its query. */
  path: string;
  headers?: Record<string, string>;
  body?: string | Readable;
  signal?: AbortSignal;
}

export interface LocalResponse {
  status: number;
  /** To be read to its end, or destroyed. */
  body: IncomingMessage;
}

/** A server of the operator's own on this machine, reached over its unix socket: no address that anybody else names leads there. */
export class LocalSocket {
  readonly #path: string;
  readonly #agent = new Agent({ keepAlive: false });

  /** @param path of the socket */
  constructor(path: string) {
    this.#path = path;
  }

  request({ method, path, headers = {}, body, signal }: LocalRequest): Promise<LocalResponse> {
    return new Promise((settle, reject) => {
      const request = open({
        socketPath: this.#path,
        agent: this.#agent,
        method,
        path,
        headers: { host: "localhost", ...headers },
        ...(signal && { signal }),
      });
      request.on("error", reject);
      request.on("response", (answer) => settle({ status: answer.statusCode ?? 0, body: answer }));
      if (typeof body === "object") {
        body.on("error", (error) => request.destroy(error));
        body.pipe(request);
      } else request.end(body);
    });
  }

  /** Ends every request under way. */
  close(): void {
    this.#agent.destroy();
  }
}
