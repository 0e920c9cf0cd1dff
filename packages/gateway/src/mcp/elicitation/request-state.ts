import { isObject } from "@agentgate/protocol/a2a";
import type { Clock, Sealer } from "../../runtime/index.ts";
import { invalidParams } from "../wire/mcp-error.ts";
import type { AskedAbout } from "./asking.ts";

/** What a question was asked about: what comes back with its answer. */
export interface RequestState extends Pick<AskedAbout, "each"> {
  /** What kind of question: an agent's, or that of the wallet. */
  kind: AskedAbout["kind"] | "top_up";
  /** Digest of the tool and its arguments. */
  called: string;
  agentId: string;
  taskId: string;
  contextId: string;
  /** Whose. */
  scope: string;
  /** How many questions there were in this call, this one counted. */
  turn: number;
}

const PURPOSE = "MCP request state";
const VERSION = 1;
const KEPT_MS = 15 * 60_000;

/** A state that came back is somebody's, or it is none: it is sealed under the nodes' common key, and so any node reads it. */
export class RequestStates {
  readonly #sealer: Sealer;
  readonly #clock: Clock;

  constructor({ sealer, clock }: { sealer: Sealer; clock: Clock }) {
    this.#sealer = sealer;
    this.#clock = clock;
  }

  seal(state: RequestState): string {
    return this.#sealer.seal(JSON.stringify({ ...state, v: VERSION, until: this.#clock.now() + KEPT_MS }), PURPOSE);
  }

  /** @throws McpError -32602 for one that is forged, has run out, or is of another call */
  open(sealed: string, expected: Pick<RequestState, "called" | "agentId" | "scope">): RequestState {
    const state = this.#read(sealed);
    if (!state) throw refused("requestState is none of this gateway's");
    const { v, until, ...told } = state;
    if (v !== VERSION || until <= this.#clock.now()) throw refused("requestState has run out; call the tool anew");
    const isSame =
      told.scope === expected.scope && told.agentId === expected.agentId && told.called === expected.called;
    if (!isSame) throw refused("requestState is of another call: repeat the call as it was, with the same key");
    return told;
  }

  #read(sealed: string): (RequestState & { v: number; until: number }) | undefined {
    try {
      const state: unknown = JSON.parse(this.#sealer.open(sealed, PURPOSE));
      return isObject(state) ? (state as unknown as RequestState & { v: number; until: number }) : undefined;
    } catch {
      return undefined;
    }
  }
}

const refused = (message: string) => invalidParams(message, "invalid_request_state");

export const spentState = () => refused("requestState was answered already; call the tool anew");
