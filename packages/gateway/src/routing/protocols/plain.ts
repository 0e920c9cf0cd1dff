import { type Agent, type AgentCredentials, CredentialError, shareOwner } from "../../agents/index.ts";
import {
  type Dialer,
  KeptBytes,
  type OutboundCallRequest,
  OutboundError,
  type OutboundHeaders,
  type OutboundStreamCall,
  type OutboundStreamResponse,
  readEvents,
} from "../../outbound/index.ts";
import type { AgentCall, AgentOutcome, AgentProtocol, ChunkSink, OutgoingTask } from "../agent-protocol.ts";
import type { CallMeter } from "../call-meter.ts";
import { type AnswerFault, faultIn, faultInAny, inspectJson, JsonInspection } from "./answer-json.ts";
import { deferredCall } from "./deferred-call.ts";
import { connectionFailure, credentialFailure, faultyAnswer, statusFailure } from "./failures.ts";

/** The plain contract (section 13): `POST {url}/a2a` with the task, JSON back. An agent may answer a stream with events. */
export class PlainProtocol implements AgentProtocol {
  readonly #dialer: Dialer;
  readonly #credentials: AgentCredentials;
  readonly #endpoints = new WeakMap<Agent, string>();

  constructor(dialer: Dialer, credentials: AgentCredentials) {
    this.#dialer = dialer;
    this.#credentials = credentials;
  }

  send(agent: Agent, task: OutgoingTask): AgentCall {
    return this.#authenticated(agent, (credentials) => {
      const call = this.#dialer.send(this.#request(agent, task, "application/json", credentials));
      return {
        outcome: call.response.then(
          ({ status, headers, body, inspection }) =>
            this.#heeded(agent, judge(agent, { status, headers }, body, inspection as JsonInspection | null)),
          (error) => failed(agent, error),
        ),
        abort: () => call.abort(),
      };
    });
  }

  stream(agent: Agent, task: OutgoingTask, onChunk: ChunkSink): AgentCall {
    return this.#authenticated(agent, (credentials) => {
      const accept = "application/json, text/event-stream";
      const call = this.#dialer.open(this.#request(agent, task, accept, credentials));
      const delivery: Delivery = { hasBegun: false };
      return abortable(
        call,
        readStream(agent, call, onChunk, delivery, task.meter)
          .then((outcome) => this.#heeded(agent, outcome))
          .catch((error) => (delivery.hasBegun && wasAborted(error) ? partial : failed(agent, error))),
      );
    });
  }

  #heeded(agent: Agent, outcome: AgentOutcome): AgentOutcome {
    if (!outcome.ok && outcome.failure.upstreamStatus === 401) this.#credentials.refused(agent.id);
    return outcome;
  }

  #authenticated(agent: Agent, start: (credentials: Record<string, string>) => AgentCall): AgentCall {
    const found = this.#credentials.headersFor(agent.id, shareOwner(agent));
    if (!(found instanceof Promise)) return start(found);
    const call = deferredCall(found, start);
    return { outcome: call.outcome.catch((error) => failed(agent, error)), abort: call.abort };
  }

  #request(agent: Agent, task: OutgoingTask, accept: string, credentials: Record<string, string>): OutboundCallRequest {
    return {
      url: this.#endpoint(agent),
      method: "POST",
      headers: { ...task.headers, "content-type": "application/json", accept, ...credentials },
      body: task.body,
      timeoutMs: task.timeoutMs,
      maxResponseBytes: task.responseBytesMax,
      agentId: agent.id,
      owner: shareOwner(agent),
      inspect: inspectJson,
      meter: task.meter,
    };
  }

  #endpoint(agent: Agent): string {
    let endpoint = this.#endpoints.get(agent);
    if (endpoint === undefined) {
      const url = new URL(agent.url);
      url.pathname = `${url.pathname.replace(/\/+$/, "")}/a2a`;
      endpoint = url.href;
      this.#endpoints.set(agent, endpoint);
    }
    return endpoint;
  }
}

/** Whether the caller has taken a piece of the answer. */
interface Delivery {
  hasBegun: boolean;
}

const partial: AgentOutcome = { ok: true, body: "null", isPartial: true };

const wasAborted = (error: unknown): boolean => OutboundError.isInstance(error) && error.kind === "aborted";

/** Keeps the call, and nothing of the task that is under way with it. */
const abortable = (call: OutboundStreamCall, outcome: Promise<AgentOutcome>): AgentCall => ({
  outcome,
  abort: () => call.abort(),
});

function judge(
  agent: Agent,
  { status, headers }: Pick<OutboundStreamResponse, "status" | "headers">,
  bytes: Buffer,
  inspection: JsonInspection | null,
): AgentOutcome {
  if (status < 200 || status >= 300) return { ok: false, failure: statusFailure(status, headers, bytes) };
  // What is none, or too deep, is not made a text of.
  const fault = inspection?.fault();
  if (fault) return outcomeOf(agent, "", fault);
  const body = bytes.toString("utf8");
  return outcomeOf(agent, body, inspection ? undefined : faultIn(body));
}

const outcomeOf = (agent: Agent, body: string, fault: AnswerFault): AgentOutcome =>
  fault ? { ok: false, failure: faultyAnswer(agent, fault) } : { ok: true, body };

function failed(agent: Agent, error: unknown): AgentOutcome {
  if (error instanceof CredentialError) return { ok: false, failure: credentialFailure(error) };
  if (!OutboundError.isInstance(error)) throw error;
  return { ok: false, failure: connectionFailure(agent, error) };
}

async function readStream(
  agent: Agent,
  call: OutboundStreamCall,
  onChunk: ChunkSink,
  delivery: Delivery,
  meter: CallMeter,
): Promise<AgentOutcome> {
  const { status, headers, body } = await call.response;
  if (!isEventStream(headers) || status < 200 || status >= 300) {
    const kept = new KeptBytes();
    const inspection = new JsonInspection();
    for await (const chunk of body) {
      kept.add(chunk);
      inspection.add(chunk);
      body.keeps(kept.capacity);
    }
    return judge(agent, { status, headers }, kept.take(), inspection);
  }
  let result: string | undefined;
  let last = "";
  await readEvents(body, {
    kept: () => last.length,
    onEvent({ type, data }) {
      meter.events++;
      if (type === "result") {
        result = data;
        return false;
      }
      if (type !== undefined && type !== "message" && type !== "chunk") return true;
      last = data;
      const taken = onChunk(data);
      if (taken instanceof Promise) return taken.then((isTaken) => noted(delivery, isTaken));
      return noted(delivery, taken);
    },
  });
  const text = result ?? last;
  return outcomeOf(agent, text, await faultInAny(text));
}

/** Whether the caller has gone is told by an abort: until then more is wanted. */
function noted(delivery: Delivery, isTaken: boolean): true {
  if (isTaken) delivery.hasBegun = true;
  return true;
}

const isEventStream = (headers: OutboundHeaders): boolean =>
  String(headers["content-type"] ?? "")
    .toLowerCase()
    .startsWith("text/event-stream");
