import type { OperationContract, SiteStreamEvent } from "@agentgate/protocol/site";

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** For the whole call with its retries; a stream has to begin within it. Default: the client's `timeoutMs`. */
  readonly timeoutMs?: number;
  /** Default: one minted for this call, shared by its retries. Give your own to repeat a call across processes. */
  readonly idempotencyKey?: string;
  /** A person has said yes to what the site asked with `confirmation_required`. */
  readonly confirmed?: boolean;
}

/** What a streaming call yields: any number of `progress` and `chunk`, then one `result`. Errors are thrown. */
export type StreamEvent<Result = unknown> = Exclude<SiteStreamEvent<Result>, { readonly event: "error" }>;

/** The arguments of a call; an input without required properties may be left out. */
export type CallArguments<Input> =
  Record<never, never> extends Input ? [input?: Input, options?: CallOptions] : [input: Input, options?: CallOptions];

/** One callable intent or client-orchestrated step. */
export interface Operation<Contract extends OperationContract = OperationContract> {
  (...args: CallArguments<Contract["input"]>): Promise<Contract["output"]>;
  /** The same call as a stream. A site that does not stream it yields the `result` alone. */
  stream(...args: CallArguments<Contract["input"]>): AsyncGenerator<StreamEvent<Contract["output"]>, void>;
}

/** The steps of a flow, by name. */
export type StepContracts = { readonly [step: string]: OperationContract };
