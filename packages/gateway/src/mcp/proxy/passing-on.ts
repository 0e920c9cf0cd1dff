import type { FastifyRequest } from "fastify";
import { type Agent, shareOwner } from "../../agents/index.ts";
import { Problem } from "../../http/index.ts";
import { OutboundError, type OutboundStreamCall, type OutboundStreamResponse } from "../../outbound/index.ts";
import { failureOf } from "../../routing/index.ts";
import { Shares } from "../../runtime/index.ts";
import type { Passage, Passing } from "./passage.ts";
import type { SealedNames } from "./sealed-names.ts";

/** Streams that tell what happens at servers, open at once: of a caller, and to the servers of one owner, who may have any number of callers. */
const STREAMS = { total: 1_024, perOwner: 16 };
const AT_OWNERS = { total: STREAMS.total, perOwner: 256 };

/** What is passed on, where nothing else is said of it. */
export type PassedOn = Omit<Passing, "headers" | "isModern" | "timeoutMs"> &
  Partial<Pick<Passing, "isModern" | "timeoutMs">>;

/** A request that was let out, and the head of its answer. */
export interface Passed {
  call: OutboundStreamCall;
  head: OutboundStreamResponse;
}

/** Requests of callers on their way to an agent's server, and what all of them may have open there. */
export class PassingOn {
  readonly #passage: Passage;
  readonly #timeoutMs: number;
  readonly #streams = new Shares(STREAMS);
  readonly #atOwners = new Shares(AT_OWNERS);

  /** @param timeoutMs for agents without a timeout of their own */
  constructor(passage: Passage, timeoutMs: number) {
    this.#passage = passage;
    this.#timeoutMs = timeoutMs;
  }

  open(passing: PassedOn): Promise<OutboundStreamCall> {
    const { request, agent } = passing;
    const headers = { "x-request-id": String(request.id) };
    return this.#passage.open({ isModern: false, timeoutMs: agent.timeoutMs ?? this.#timeoutMs, ...passing, headers });
  }

  /** The same, when its answer has begun. @throws Problem for a server that is lost */
  async send(passing: PassedOn): Promise<Passed> {
    const call = await this.open(passing);
    return { call, head: await this.head(call, passing.agent) };
  }

  /** @throws Problem for a server that is lost */
  head({ response }: OutboundStreamCall, agent: Agent): Promise<OutboundStreamResponse> {
    return response.catch((error) => Promise.reject(lost(agent, error)));
  }

  /** Returns its end. @throws Problem 429 */
  takeStream(caller: string, agent: Pick<Agent, "id" | "orgId">): () => void {
    if (!this.#streams.take(caller)) {
      const isOwn = this.#streams.usedBy(caller) >= STREAMS.perOwner;
      throw tooMany(isOwn ? `One caller has ${STREAMS.perOwner} streams` : "Callers have too many streams");
    }
    const owner = shareOwner(agent);
    if (!this.#atOwners.take(owner)) {
      this.#streams.give(caller);
      throw tooMany(`Callers of one owner's agents have ${AT_OWNERS.perOwner} streams`);
    }
    return () => {
      this.#streams.give(caller);
      this.#atOwners.give(owner);
    };
  }
}

const tooMany = (who: string) =>
  new Problem(429, `${who} of MCP servers open at once`, { headers: { "retry-after": "5" } });

/** The session at the server; undefined where the caller names none. @throws Problem 404 for one that is not its own */
export function sessionOf({ headers }: FastifyRequest, names: SealedNames): string | undefined {
  const given = headers["mcp-session-id"];
  if (given === undefined) return undefined;
  const session = names.open("session", given);
  if (session === undefined) throw noSession();
  return session;
}

export const noSession = () =>
  new Problem(404, "There is no such session; initialize anew", { code: "session_not_found" });

/** The server is lost, as callers are told. */
export function lost(agent: Agent, error: unknown): unknown {
  if (!OutboundError.isInstance(error)) return error;
  const { status, detail, logged } = failureOf(agent, error);
  return new Problem(status, detail, { code: `agent_${logged}` });
}
