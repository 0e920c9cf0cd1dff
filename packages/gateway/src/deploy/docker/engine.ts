import type { IncomingMessage } from "node:http";
import { json, text } from "node:stream/consumers";
import { LocalSocket } from "../../outbound/index.ts";
import { StartFailure } from "../runtime.ts";

/** The Engine API's version: of Docker 20.10 and everything since, Podman's compatible socket included. */
const VERSION = "v1.41";
const CALL_MS = 60_000;

export interface EngineRequest {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  path: string;
  query?: Record<string, string>;
  body?: unknown;
  /** A stream in place of a body. */
  stream?: Parameters<LocalSocket["request"]>[0]["body"];
  /** Statuses that are no failure, beside those of success. */
  accepts?: readonly number[];
  signal?: AbortSignal;
}

/** A container engine, by its API over the engine's own socket. */
export class Engine {
  readonly #socket: LocalSocket;

  constructor(socketPath: string) {
    this.#socket = new LocalSocket(socketPath);
  }

  /** The answer's JSON; undefined where it has none. @throws StartFailure in the engine's own words */
  async call<T = unknown>(request: EngineRequest): Promise<T> {
    const signal = request.signal ?? AbortSignal.timeout(CALL_MS);
    const body = await this.open({ ...request, signal });
    const isJson = /json/.test(body.headers["content-type"] ?? "");
    return (isJson ? await json(body) : void (await text(body))) as T;
  }

  /** The answer as it comes. */
  async open({
    method = "GET",
    path,
    query,
    body,
    stream,
    accepts = [],
    signal,
  }: EngineRequest): Promise<IncomingMessage> {
    const search = query ? `?${new URLSearchParams(query)}` : "";
    const sent = stream ?? (body === undefined ? undefined : JSON.stringify(body));
    const type = stream === undefined ? "application/json" : "application/x-tar";
    const answer = await this.#socket
      .request({
        method,
        path: `/${VERSION}${path}${search}`,
        ...(sent === undefined ? {} : { body: sent, headers: { "content-type": type, ...framing(sent) } }),
        ...(signal && { signal }),
      })
      .catch((error: Error) => {
        throw new StartFailure(`the container engine does not answer (${error.message})`);
      });
    if ((answer.status >= 200 && answer.status < 300) || accepts.includes(answer.status)) return answer.body;
    const { message } = await json(answer.body).then(
      (value) => value as { message?: string },
      () => ({ message: undefined }),
    );
    throw new StartFailure(`the container engine says ${answer.status}: ${message ?? "nothing more"}`);
  }

  close(): void {
    this.#socket.close();
  }
}

const framing = (sent: unknown): Record<string, string> =>
  typeof sent === "string" ? { "content-length": `${Buffer.byteLength(sent)}` } : {};
