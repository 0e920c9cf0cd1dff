import type { OutboundHeaders } from "../outbound/index.ts";

/** A server's own error: JSON-RPC, whatever status it came with. */
export class ServerError extends Error {
  override readonly name = "ServerError";
  readonly code: number;
  readonly data: unknown;
  /** Of HTTP. */
  readonly status: number;
  /** Of the answer that held it. */
  readonly headers: OutboundHeaders;

  constructor(error: Record<string, unknown>, status: number, headers: OutboundHeaders) {
    super(typeof error.message === "string" ? error.message : `error ${String(error.code)}`);
    this.code = Number(error.code);
    this.data = error.data;
    this.status = status;
    this.headers = headers;
  }
}

/** An HTTP answer that is none of the protocol: a proxy's page, a login, a session that is gone. */
export class ServerStatusError extends Error {
  override readonly name = "ServerStatusError";
  readonly status: number;
  readonly headers: OutboundHeaders;
  readonly body: Buffer;

  constructor(status: number, headers: OutboundHeaders, body: Buffer) {
    super(`the server answered HTTP ${status}`);
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}

/** An answer that breaks the protocol. The message says how, and holds nothing of the answer. */
export class ServerFault extends Error {
  override readonly name = "ServerFault";
}

/** The server says more unasked than anybody can listen to. It is listened to again after a while. */
export class ServerFlood extends ServerFault {
  constructor() {
    super("the server says too much that nobody has asked for");
  }
}
