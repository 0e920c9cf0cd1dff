import type { AgentInterface, Operation } from "@agentgate/protocol/a2a";
import { A2AError } from "@agentgate/protocol/a2a";
import type { AgentCredentials } from "../../../agents/index.ts";
import {
  type Dialer,
  type Holding,
  KeptBytes,
  OutboundError,
  type OutboundStreamResponse,
  readEvents,
  type Take,
} from "../../../outbound/index.ts";
import { TurnQueue } from "../../../runtime/index.ts";
import type { CallMeter } from "../../call-meter.ts";
import type { Payload } from "./payload.ts";
import { buildRequest, type CallContext, dialectOfInterface } from "./requests.ts";
import { extensionsIn, isBeside, isEventStream, readAnswer, readEvent, readLargeAnswer } from "./responses.ts";
import { answeredWith } from "./upstream-error.ts";

export interface CallOptions extends CallContext {
  timeoutMs: number;
  responseBytesMax: number;
  /** Whose share the call takes. */
  owner: string;
  /** Told of what comes of the answer. */
  meter?: CallMeter | undefined;
  /** Whose call it is, as the agent's tasks are kept apart by: for whoever keeps tasks for an agent. */
  callerScope?: string | undefined;
}

export interface UpstreamAnswer {
  result: Payload;
  extensions: string | undefined;
}

export interface UpstreamStream {
  /**
   * Hands over the events, in the interface's dialect, as they come, until `take` wants no more; that ends the call. Rejects with
   * A2AError or OutboundError after what came before.
   */
  read(take: Take<Payload>): Promise<void>;
  extensions: string | undefined;
}

/** A call that can be torn down; afterwards its promise rejects with an OutboundError `aborted`, unless it is settled. */
export interface Abortable<T> {
  readonly response: Promise<T>;
  abort(): void;
}

/** Reading an answer takes some 5 ms a megabyte. */
const LARGE_BYTES = 512 * 1024;
/** Streams may carry more than one answer's bytes; each event stays below that. */
const STREAM_BYTES_MAX = 2 ** 40;

/** Speaks A2A to agents: both versions, both bindings. Parameters must be in the interface's dialect. */
export class A2AClient {
  readonly #dialer: Dialer;
  readonly #credentials: AgentCredentials;
  readonly #turns = new TurnQueue();

  constructor(dialer: Dialer, credentials: AgentCredentials) {
    this.#dialer = dialer;
    this.#credentials = credentials;
  }

  call(
    agentId: string,
    target: AgentInterface,
    operation: Operation,
    params: Payload,
    options: CallOptions,
  ): Abortable<UpstreamAnswer> {
    return this.#abortable(agentId, options.owner, (credentials) => {
      const request = buildRequest(target, operation, params, options, credentials);
      const call = this.#dialer.send({
        ...request,
        timeoutMs: options.timeoutMs,
        maxResponseBytes: options.responseBytesMax,
        agentId,
        owner: options.owner,
        meter: options.meter,
      });
      const response = call.response.then(({ status, headers, body }) => {
        if (status === 401) this.#credentials.refused(agentId);
        const dialect = dialectOfInterface(target);
        const extensions = extensionsIn(headers);
        if (body.length > LARGE_BYTES) {
          const large = this.#readLarge(options.owner, target, dialect, status, body);
          return large.then(
            (result) => ({ result, extensions }),
            (error) => Promise.reject(answeredWith(headers, error)),
          );
        }
        try {
          return { result: readAnswer(target, dialect, status, body), extensions };
        } catch (error) {
          throw answeredWith(headers, error);
        }
      });
      return { response, abort: () => call.abort() };
    });
  }

  /** Whoever waits for its turn keeps what came, and is counted for it. */
  async #readLarge(owner: string, ...answer: Parameters<typeof readAnswer>): Promise<Payload> {
    const [, , , body] = answer;
    const holding = this.hold(owner);
    holding.add(body.length);
    try {
      return await readLargeAnswer(this.#turns, ...answer);
    } finally {
      holding.release();
    }
  }

  /** For what is kept of answers. */
  hold(owner: string): Holding {
    return this.#dialer.hold(owner);
  }

  /**
   * Opens a stream. Settles at its head; an answer that is no stream is the error, or the one event, it stands for. Over HTTP+JSON some
   * agents know subscriptions by POST, as the text of the specification has it, some by GET, as its proto does: those that do not know
   * the one are asked by the other (a2a.md, section 1.2).
   */
  open(
    agentId: string,
    target: AgentInterface,
    operation: Operation,
    params: Payload,
    options: CallOptions,
  ): Abortable<UpstreamStream> {
    return this.#abortable(agentId, options.owner, (credentials) => {
      const request = buildRequest(target, operation, params, options, credentials);
      const open = (asked: typeof request) =>
        this.#dialer.open({
          ...asked,
          timeoutMs: options.timeoutMs,
          maxResponseBytes: STREAM_BYTES_MAX,
          agentId,
          owner: options.owner,
          meter: options.meter,
        });
      let call = open(request);
      const read = async (head: OutboundStreamResponse): Promise<UpstreamStream> => ({
        read: await readerOf(target, head, options).catch((error) => {
          throw answeredWith(head.headers, error);
        }),
        extensions: extensionsIn(head.headers),
      });
      const response = call.response.then(async (head) => {
        if (head.status === 401) this.#credentials.refused(agentId);
        const byGet = subscribesByPost(target, operation) && (head.status === 404 || head.status === 405);
        if (!byGet) return read(head);
        return read(head).catch((error) => {
          if (A2AError.isInstance(error) && error.data !== undefined) throw error;
          call = open({ url: request.url, method: "GET", headers: without(request.headers ?? {}, "content-type") });
          return call.response.then(read);
        });
      });
      return { response, abort: () => call.abort() };
    });
  }

  /** Waits for the agent's credentials where they are not at hand, without losing an abort meanwhile. */
  #abortable<T>(
    agentId: string,
    owner: string,
    start: (credentials: Record<string, string>) => Abortable<T>,
  ): Abortable<T> {
    const found = this.#credentials.headersFor(agentId, owner);
    if (!(found instanceof Promise)) return start(found);
    let call: Abortable<T> | undefined;
    let aborted = false;
    const response = found.then((credentials) => {
      if (aborted) throw new OutboundError("aborted", "the call was aborted");
      call = start(credentials);
      return call.response;
    });
    return {
      response,
      abort() {
        aborted = true;
        call?.abort();
      },
    };
  }
}

const subscribesByPost = ({ binding }: AgentInterface, operation: Operation): boolean =>
  binding === "HTTP+JSON" && operation === "SubscribeToTask";

function without(headers: Readonly<Record<string, string>>, name: string): Record<string, string> {
  const { [name]: _, ...rest } = headers;
  return rest;
}

async function readerOf(
  target: AgentInterface,
  { status, headers, body }: OutboundStreamResponse,
  { responseBytesMax: eventBytesMax, meter }: Pick<CallOptions, "responseBytesMax" | "meter">,
): Promise<UpstreamStream["read"]> {
  const dialect = dialectOfInterface(target);
  if (isEventStream(headers) && status >= 200 && status < 300) {
    return (take) =>
      readEvents(body, {
        onEvent({ type, data }) {
          if (data === "" || isBeside(target, dialect, type, data)) return true;
          if (meter) meter.events++;
          return take(readEvent(target, dialect, type, data));
        },
        onUnfinished(bytes) {
          if (bytes > eventBytesMax) throw new A2AError("InvalidAgentResponse", "An event of the agent is too large");
        },
      });
  }
  const kept = new KeptBytes();
  for await (const chunk of body) {
    kept.add(chunk);
    if (kept.length > eventBytesMax) throw new OutboundError("too_large", "the answer is too large");
    body.keeps(kept.capacity);
  }
  const result = readAnswer(target, dialect, status, kept.take());
  return async (take) => void (await take(result));
}
