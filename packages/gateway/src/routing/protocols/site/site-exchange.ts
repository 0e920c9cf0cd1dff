import { isObject } from "@agentgate/protocol/a2a";
import type { Tool } from "@agentgate/protocol/site";
import type { Agent, AgentCredentials } from "../../../agents/index.ts";
import { parseExact } from "../../../http/index.ts";
import { type Dialer, OutboundError, type OutboundStreamResponse, readEvents } from "../../../outbound/index.ts";
import { hashKey } from "../../../runtime/index.ts";
import type { AgentOutcome, ChunkSink, OutgoingTask } from "../../agent-protocol.ts";
import { exceededAnswerBound, faultInAny } from "../answer-json.ts";
import { connectionFailure, faultyAnswer, statusFailure } from "../failures.ts";
import type { FlowSession, Handles } from "./handles.ts";
import {
  askingAnswer,
  completedAnswer,
  refusalFailure,
  refusalIn,
  type SiteRefusal,
  withHandle,
} from "./site-answers.ts";
import { failed } from "./site-refusals.ts";
import { type AnswerHead, collected, isEventStream, parsed, plainText, statusOf } from "./site-replies.ts";
import { toOutbound } from "./site-request.ts";
import type { ToolCall } from "./tool-call.ts";

export interface SiteExchangeOptions {
  dialer: Dialer;
  credentials: Pick<AgentCredentials, "refused">;
  handles: Handles;
  /** Told of an agent that answered a call as if there were no such thing. */
  doubt(agent: Agent): void;
}

/** A call that was found to be one, and what it is sent with. */
export interface Prepared {
  agent: Agent;
  task: OutgoingTask;
  callerTaskId: unknown;
  call: ToolCall;
  tool: Tool;
  base: string;
  session: (Pick<FlowSession, "label"> & Partial<FlowSession>) | undefined;
}

/** What a site that has changed answers. */
const NOT_THERE = new Set(["intent_not_found", "flow_not_found", "step_not_found", "not_found"]);

/** Of an error body: a site that says more has said enough. */
const ERROR_BYTES_MAX = 65_536;
const SESSION_ID = /^[\x21-\x7e]{1,256}$/;

/** One call's way to its site and back: what is sent, what is heard of it, and what that comes to. */
export class SiteExchange {
  readonly #options: SiteExchangeOptions;

  constructor(options: SiteExchangeOptions) {
    this.#options = options;
  }

  /** @throws OutboundError */
  async run(
    prepared: Prepared,
    credentials: Readonly<Record<string, string>>,
    onChunk: ChunkSink | undefined,
    signal: AbortSignal,
  ): Promise<AgentOutcome> {
    const { agent, base, tool, call, session, task } = prepared;
    const { dialer } = this.#options;
    const wantsEvents = onChunk !== undefined && tool.streaming;
    const { [tool.sessionArgument ?? ""]: _, ...bare } = call.arguments;
    const request = toOutbound({
      ...{ agent, base, tool, session, wantsEvents, credentials, task },
      arguments: tool.sessionArgument === undefined ? call.arguments : bare,
      isConfirmed: call.isConfirmed,
      onceKey: hashKey(JSON.stringify([agent.id, task.callerScope, task.onceKey])).slice(0, 32),
    });
    const delivery = { hasBegun: false };
    const outbound = wantsEvents ? dialer.open(request) : dialer.send(request);
    const abort = () => outbound.abort();
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    try {
      const answer = await outbound.response;
      if (answer.status === 401) this.#options.credentials.refused(agent.id);
      if (Buffer.isBuffer(answer.body)) return await this.#judged(prepared, answer, answer.body);
      const { body, ...head } = answer;
      return isEventStream(head) && onChunk
        ? await this.#followed(prepared, { ...head, body }, onChunk, delivery)
        : await this.#judged(prepared, head, await collected(body));
    } catch (error) {
      if (delivery.hasBegun && OutboundError.isInstance(error) && error.kind === "aborted")
        return { ok: true, body: "null", isPartial: true };
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  #judged(prepared: Prepared, head: AnswerHead, bytes: Buffer): AgentOutcome | Promise<AgentOutcome> {
    if (head.status >= 200 && head.status < 300) return this.#done(prepared, bytes.toString("utf8"));
    const refusal = bytes.length > ERROR_BYTES_MAX ? undefined : refusalIn(parsed(bytes.toString("utf8")));
    return refusal ? this.#asked(prepared, refusal, head) : failed(statusFailure(head.status, head.headers, bytes));
  }

  /** Reads the events: pieces of the answer go to the caller as they come, what is only told of it beside. */
  async #followed(
    prepared: Prepared,
    { headers, body }: OutboundStreamResponse,
    onChunk: ChunkSink,
    delivery: { hasBegun: boolean },
  ): Promise<AgentOutcome> {
    const { task, agent } = prepared;
    let last: { type: "result" | "error"; data: string } | undefined;
    await readEvents(body, {
      onEvent({ type, data }) {
        task.meter.events++;
        if (type === "result" || type === "error") {
          last = { type, data };
          return false;
        }
        if (type === "progress") return told(task, plainText(data));
        if (type !== "chunk") return true;
        const taken = onChunk(plainText(data));
        if (taken instanceof Promise) return taken.then((isTaken) => noted(delivery, isTaken));
        return noted(delivery, taken);
      },
    });
    if (last?.type === "result") return this.#done(prepared, last.data);
    const refusal = last && refusalIn(parsed(last.data));
    if (refusal) return this.#asked(prepared, refusal, { status: statusOf(refusal), headers });
    return failed(connectionFailure(agent, new OutboundError("reset", "the stream ended without a result")));
  }

  /** @param text the reply's body */
  async #done(prepared: Prepared, text: string): Promise<AgentOutcome> {
    const { agent, tool, callerTaskId, session, task } = prepared;
    const json = text === "" ? "null" : text;
    const fault = await faultInAny(json);
    if (fault) return failed(faultyAnswer(agent, fault));
    if (session === undefined) return { ok: true, body: completedAnswer(tool, callerTaskId, json) };
    // Built, to put the handle in; so its pieces are counted.
    const exceeded = exceededAnswerBound(json);
    if (exceeded) {
      const detail = `The site's answer ${exceeded}`;
      return failed({ status: 502, detail, logged: "invalid_response" });
    }
    const reply = parseExact(json);
    const id = isObject(reply) && typeof reply.session_id === "string" ? reply.session_id : session.id;
    if (!isObject(reply) || id === undefined || !SESSION_ID.test(id))
      return failed({
        status: 502,
        detail: "The site began a flow and named no session that can be used",
        logged: "invalid_response",
      });
    const place = { agentId: agent.id, flow: tool.flow, callerScope: task.callerScope };
    const handle = this.#options.handles.session({ id, label: session.label }, place);
    return { ok: true, body: completedAnswer(tool, callerTaskId, JSON.stringify(withHandle(reply, handle))) };
  }

  /** A call that the site wants a person's word for is asked about; any other that it refuses has failed. */
  #asked(
    { agent, task, call, tool, callerTaskId }: Prepared,
    refusal: SiteRefusal,
    { status, headers }: AnswerHead,
  ): AgentOutcome {
    if (NOT_THERE.has(refusal.code)) this.#options.doubt(agent);
    if (refusal.code !== "confirmation_required" || call.isConfirmed)
      return failed(refusalFailure(refusal, status, headers));
    const place = { agentId: agent.id, callerScope: task.callerScope };
    const taskId = this.#options.handles.question({ tool: call.tool, arguments: call.arguments }, place);
    const body = askingAnswer(tool, callerTaskId, taskId, refusal);
    // Its id holds the call, and is no name for a log.
    return { ok: true, isFree: true, body };
  }
}

/** Tells how far the site is, which is no piece of its answer. */
function told({ onProgress, onStatus }: OutgoingTask, text: string): true | Promise<true> {
  onProgress?.(text);
  const taken = onStatus?.(text);
  return taken instanceof Promise ? taken.then(() => true as const) : true;
}

/** Whether the caller has gone is told by an abort: until then more is wanted. */
function noted(delivery: { hasBegun: boolean }, isTaken: boolean): true {
  if (isTaken) delivery.hasBegun = true;
  return true;
}
