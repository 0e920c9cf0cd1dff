import type { JsonObject } from "@agentgate/protocol/a2a";
import type { Clock, Random, Sealer } from "../../../runtime/index.ts";

/** A session of a site's flow, as the gateway knows it and nobody else. */
export interface FlowSession {
  /** The site's own name for it. */
  id: string;
  /** By which the gateway shows itself in it: a site without auth knows its sessions' owners by that alone. */
  label: string;
}

/** A call that waits until a person has said yes to it. */
export interface Question {
  tool: string;
  arguments: JsonObject;
}

/** A session lives for a day at most, and ends sooner at the site's word. */
const SESSION_MS = 24 * 3_600_000;
const QUESTION_MS = 15 * 60_000;
/** Of a task's id. */
const ID_LENGTH_MAX = 512;
const LABEL_BYTES = 16;

export interface HandlesOptions {
  sealer: Sealer;
  clock: Clock;
  random: Random;
}

/**
 * What callers are given in place of a site's sessions: sealed, so that any node opens them and nothing is kept; bound to the agent, the
 * flow and the caller, so that another's says no more than one that was never there.
 */
export class Handles {
  readonly #options: HandlesOptions;

  constructor(options: HandlesOptions) {
    this.#options = options;
  }

  /** A session that begins. */
  label(): string {
    return `agentgate/${this.#options.random.bytes(LABEL_BYTES).toString("hex")}`;
  }

  session({ id, label }: FlowSession, flow: Place): string {
    return this.#sealed([id, label], SESSION_MS, flow);
  }

  /** Undefined for what is no handle, has ended, or is somebody else's. */
  openSession(handle: unknown, flow: Place): FlowSession | undefined {
    const [id, label] = this.#opened(handle, flow) ?? [];
    return typeof id === "string" && typeof label === "string" ? { id, label } : undefined;
  }

  /** A task's id that holds what it waits with; undefined where that is too long for one. */
  question({ tool, arguments: given }: Question, place: Omit<Place, "flow">): string | undefined {
    const id = this.#sealed([tool, given], QUESTION_MS, { ...place, flow: undefined });
    return id.length <= ID_LENGTH_MAX ? id : undefined;
  }

  openQuestion(id: unknown, place: Omit<Place, "flow">): Question | undefined {
    const [tool, given] = this.#opened(id, { ...place, flow: undefined }) ?? [];
    return typeof tool === "string" ? { tool, arguments: given as JsonObject } : undefined;
  }

  #sealed(content: unknown[], lifetimeMs: number, place: Place): string {
    const { sealer, clock } = this.#options;
    return sealer.seal(JSON.stringify([clock.now() + lifetimeMs, ...content]), purposeOf(place));
  }

  #opened(sealed: unknown, place: Place): unknown[] | undefined {
    if (typeof sealed !== "string" || sealed.length > 4_096) return undefined;
    try {
      const [endsAt, ...content] = JSON.parse(this.#options.sealer.open(sealed, purposeOf(place))) as unknown[];
      return Number(endsAt) > this.#options.clock.now() ? content : undefined;
    } catch {
      return undefined;
    }
  }
}

/** What a handle is good for, and for whom. */
export interface Place {
  agentId: string;
  /** Undefined for a call that waits. */
  flow: string | undefined;
  callerScope: string;
}

const purposeOf = ({ agentId, flow, callerScope }: Place): string =>
  JSON.stringify([flow === undefined ? "site question" : "site session", agentId, flow, callerScope]);
