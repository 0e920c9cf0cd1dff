import { Call } from "./call.ts";
import type { OutboundError } from "./outbound-error.ts";
import type { OutboundHeaders } from "./request.ts";

export interface OutboundResponse {
  status: number;
  headers: OutboundHeaders;
  body: Buffer;
}

/** A request whose response is collected in memory. */
export interface OutboundCall {
  /** Rejects with an `OutboundError`. */
  readonly response: Promise<OutboundResponse>;
  /** Ends the call at once, wherever it is; `response` rejects with kind `aborted`. No effect once it is settled. */
  abort(): void;
}

const nothing = Buffer.alloc(0);

export class UnaryCall extends Call implements OutboundCall {
  #resolve!: (response: OutboundResponse) => void;
  #reject!: (error: OutboundError) => void;
  readonly response = new Promise<OutboundResponse>((resolve, reject) => {
    this.#resolve = resolve;
    this.#reject = reject;
  });
  #status = 0;
  #headers: OutboundHeaders = {};
  #body: Buffer[] = [];

  protected override onHead(status: number, headers: OutboundHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  protected override onBody(chunk: Buffer): void {
    this.#body.push(chunk);
  }

  protected override onEnd(): void {
    const chunks = this.#body;
    const body = chunks.length === 0 ? nothing : chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    this.#resolve({ status: this.#status, headers: this.#headers, body });
  }

  protected override onFailure(error: OutboundError): void {
    this.#body = [];
    this.#reject(error);
    // Who aborts may no longer be listening.
    if (error.kind === "aborted") this.response.catch(() => {});
  }
}
