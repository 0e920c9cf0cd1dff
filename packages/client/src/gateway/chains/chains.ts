import type * as wire from "@agentgate/protocol";
import { asked, at, type CallOptions, GatewayRoom, toWireFields } from "../http/index.ts";
import type { ChainFields, ChainStepFields, NewChain } from "./chain-fields.ts";
import type { ChainEvent } from "./chain-stream.ts";

export interface RunOptions extends CallOptions {
  /** One key covers the whole run: a repetition answers what the first did, or goes on where one was broken off. */
  idempotencyKey?: string | undefined;
}

/** A chain's run may take as long as its agents do, one after the other. */
const RUN_TIMEOUT_MS = 600_000;

/** Agents that work one after the other, each with what the one before said. */
export abstract class ChainCalls extends GatewayRoom {
  createChain(
    name: string,
    steps: readonly ChainStepFields[],
    fields: NewChain = {},
    call?: CallOptions,
  ): Promise<wire.Chain> {
    const body = toWireFields({ ...fields, name, steps: steps.map(toWireFields) });
    return this.http.json({ method: "POST", path: "/chains/", body, ...call });
  }

  /** The caller's, newest first; to the admin, everybody's. All of them, page by page, unless a `limit` is given. */
  listChains(options?: CallOptions & { limit?: number | undefined }): Promise<wire.Chain[]> {
    return this.http.pages({ path: "/chains/", ...asked(options) });
  }

  /** The same, each as it is taken. */
  chains(call?: CallOptions): AsyncGenerator<wire.Chain, void> {
    return this.http.each({ path: "/chains/", ...call });
  }

  getChain(id: string, call?: CallOptions): Promise<wire.Chain> {
    return this.http.json({ path: at`/chains/${id}`, ...call });
  }

  updateChain(id: string, { steps, ...changes }: ChainFields, call?: CallOptions): Promise<wire.Chain> {
    const body = toWireFields({ ...changes, ...(steps && { steps: steps.map(toWireFields) }) });
    return this.http.json({ method: "PUT", path: at`/chains/${id}`, body, ...call });
  }

  deleteChain(id: string, call?: CallOptions): Promise<void> {
    return this.http.none({ method: "DELETE", path: at`/chains/${id}`, ...call });
  }

  /** Runs a chain. One that fails on the way is answered too: `status` tells, and the last entry of `trace` says why. */
  runChain(id: string, input = "", options: RunOptions = {}): Promise<wire.ChainRun> {
    return this.http.json({ path: at`/chains/${id}/run`, ...runRequest(input, options) });
  }

  /** The same, told step by step. Leaving the loop early stops the run. */
  async *streamChain(id: string, input = "", options: RunOptions = {}): AsyncGenerator<ChainEvent, void> {
    const { readChainStream } = await import("./chain-stream.ts");
    yield* readChainStream(this.http.events({ path: at`/chains/${id}/run/stream`, ...runRequest(input, options) }));
  }
}

function runRequest(input: string, { idempotencyKey, ...call }: RunOptions) {
  const headers = { "idempotency-key": idempotencyKey };
  return { method: "POST" as const, body: { input }, headers, once: true, timeoutMs: RUN_TIMEOUT_MS, ...call };
}
