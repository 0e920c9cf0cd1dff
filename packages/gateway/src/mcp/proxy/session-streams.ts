import type { JsonObject } from "@agentgate/protocol/a2a";
import type { FastifyReply } from "fastify";
import { type EventSink, formatEvent, type KeepAlives, onHangUp, openEvents, type Problem } from "../../http/index.ts";
import type { KeyWatch } from "../../orgs/index.ts";
import type { OutboundStreamResponse } from "../../outbound/index.ts";
import type { AgentVisit } from "../visit.ts";
import { isEventStream, type Passage } from "./passage.ts";
import { outwardApart } from "./passed-messages.ts";
import { noSession, type PassingOn, sessionOf } from "./passing-on.ts";
import type { ProxyVisit } from "./proxy-visit.ts";
import type { SealedNames } from "./sealed-names.ts";

export interface SessionStreamsOptions {
  passage: Passage;
  passingOn: PassingOn;
  keepAlives: KeepAlives;
  keyWatch: Pick<KeyWatch, "watch">;
  /** How long a stream may be open that tells of what happens. */
  streamTimeoutMs: number;
}

/** Sessions that a server of the legacy era keeps: the stream of what happens in one, its end, and whether it is still there. */
export class SessionStreams {
  readonly #options: SessionStreamsOptions;

  constructor(options: SessionStreamsOptions) {
    this.#options = options;
  }

  /** Opens the stream of what happens in the session. @throws Problem */
  async open({ looked, request, reply }: ProxyVisit, names: SealedNames): Promise<FastifyReply> {
    const { passage, passingOn, keepAlives, keyWatch, streamTimeoutMs } = this.#options;
    const { agent, callerScope, keyUse } = looked;
    const passing = { agent, method: "GET" as const, request, message: undefined, session: sessionOf(request, names) };
    const leave = passingOn.takeStream(callerScope, agent);
    try {
      const call = await passingOn.open({ ...passing, timeoutMs: streamTimeoutMs });
      onHangUp(reply, () => call.abort());
      const head = await passingOn.head(call, agent);
      if (!isEventStream(head)) {
        await passage.message(head, agent);
        return reply.code(head.status).headers(allowed(head)).send();
      }
      const sink = openEvents(reply, { keepAlives, onLeave: () => call.abort() });
      const stopWatching = keyWatch.watch(keyUse, () => {
        sink.end();
        call.abort();
      });
      const take = (message: JsonObject) => {
        const said = outwardApart(message, names, agent);
        return said === undefined || written(sink, said);
      };
      await passage.messages(head, agent, take).catch(() => {});
      stopWatching();
      sink.end();
      return reply;
    } finally {
      leave();
    }
  }

  /** Ends the session. @throws Problem */
  async end({ looked: { agent }, request, reply }: ProxyVisit, names: SealedNames): Promise<FastifyReply> {
    const { passage, passingOn } = this.#options;
    const passing = { agent, method: "DELETE" as const, request, message: undefined };
    const { head } = await passingOn.send({ ...passing, session: sessionOf(request, names) });
    await passage.message(head, agent);
    return reply.code(head.status).headers(allowed(head)).send();
  }

  /** What is told of a session that the server does not know any more: a list of ours must not hide that from its client. */
  async gone({ looked: { agent }, request }: AgentVisit, names: SealedNames): Promise<Problem | undefined> {
    const session = sessionOf(request, names);
    if (session === undefined) return undefined;
    const message = { jsonrpc: "2.0", id: "session", method: "ping" };
    const { call, head } = await this.#options.passingOn.send({ agent, method: "POST", request, message, session });
    call.abort();
    return head.status === 404 ? noSession() : undefined;
  }
}

const written = (sink: EventSink, message: JsonObject): boolean | Promise<boolean> => {
  const lagging = sink.write(formatEvent(JSON.stringify(message), "message"));
  return lagging ? lagging.then(() => !sink.closed) : !sink.closed;
};

/** RFC 9110, section 15.5.6. */
const allowed = ({ headers }: OutboundStreamResponse): Record<string, string> =>
  typeof headers.allow === "string" && /^[A-Z, ]{1,64}$/.test(headers.allow) ? { allow: headers.allow } : {};
