import type { Dispatcher } from "undici";
import { Call, type Surroundings } from "./call.ts";
import { KeptBytes } from "./kept-bytes.ts";
import type { Lane } from "./lane.ts";
import type { OutboundError } from "./outbound-error.ts";
import type { Inspection, OutboundCallRequest, OutboundHeaders } from "./request.ts";

export interface OutboundResponse {
  status: number;
  headers: OutboundHeaders;
  body: Buffer;
  /** What has looked at the body, where it was asked for and the body large. */
  inspection: Inspection | null;
}

/** A request whose response is collected in memory. */
export interface OutboundCall {
  /** Rejects with an `OutboundError`. */
  readonly response: Promise<OutboundResponse>;
  /** Ends the call at once, wherever it is; `response` rejects with kind `aborted`. No effect once it is settled. */
  abort(): void;
}

const nothing = Buffer.alloc(0);
/** A body beyond is looked at as it comes. */
const inspectedBytesMin = 64 * 1024;

export class UnaryCall extends Call implements OutboundCall {
  #resolve!: (response: OutboundResponse) => void;
  #reject!: (error: OutboundError) => void;
  readonly response = new Promise<OutboundResponse>((resolve, reject) => {
    this.#resolve = resolve;
    this.#reject = reject;
  });
  #status = 0;
  #headers: OutboundHeaders = {};
  #body: KeptBytes | null = null;
  #inspect: (() => Inspection) | undefined;
  #inspection: Inspection | null = null;

  constructor(
    request: OutboundCallRequest,
    options: Dispatcher.DispatchOptions,
    owner: string,
    lane: Lane,
    surroundings: Surroundings,
  ) {
    super(request, options, owner, lane, surroundings);
    this.#inspect = request.inspect;
  }

  protected override onHead(status: number, headers: OutboundHeaders): void {
    this.#status = status;
    this.#headers = headers;
  }

  protected override onBody(chunk: Buffer): void {
    this.#body ??= new KeptBytes();
    this.#body.add(chunk);
    if (this.#inspection) this.#inspection.add(chunk);
    else if (this.#inspect && this.#body.length > inspectedBytesMin) this.#beginInspection(this.#inspect(), this.#body);
    if (!this.count(this.#body.capacity)) this.fail(this.noRoom());
  }

  #beginInspection(inspection: Inspection, body: KeptBytes): void {
    body.show((bytes) => inspection.add(bytes));
    this.#inspection = inspection;
  }

  protected override onEnd(): void {
    const body = this.#body?.take() ?? nothing;
    this.count(0);
    this.#resolve({ status: this.#status, headers: this.#headers, body, inspection: this.#inspection });
  }

  protected override onFailure(error: OutboundError): void {
    this.#body = null;
    this.count(0);
    this.#reject(error);
    // Who aborts may no longer be listening.
    if (error.kind === "aborted") this.response.catch(() => {});
  }
}
