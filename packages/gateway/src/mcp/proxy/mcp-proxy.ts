import type { JsonObject } from "@agentgate/protocol/a2a";
import type { FastifyReply } from "fastify";
import type { AgentRegistry, McpTools } from "../../agents/index.ts";
import { type EventSink, type KeepAlives, Problem } from "../../http/index.ts";
import type { SchemaChecks } from "../../json-schema/index.ts";
import type { KeyWatch } from "../../orgs/index.ts";
import type { Admission, Looked, TaskPipeline } from "../../routing/index.ts";
import type { Clock, Sealer } from "../../runtime/index.ts";
import type { Storage } from "../../storage/index.ts";
import { demandShort } from "../listen/listeners.ts";
import type { AgentVisit } from "../visit.ts";
import { isUnfit } from "../wire/mcp-error.ts";
import { isAnswerTo, isEventStream, type Passage } from "./passage.ts";
import { answerTo, inward, outward, outwardApart, outwardBeside } from "./passed-messages.ts";
import { lost, PassingOn, sessionOf } from "./passing-on.ts";
import { pinnedList } from "./pinned-list.ts";
import { ProxiedTools } from "./proxied-tools.ts";
import type { ProxyVisit } from "./proxy-visit.ts";
import { SealedNames } from "./sealed-names.ts";
import { SessionStreams } from "./session-streams.ts";
import { demandTaskMethod } from "./task-methods.ts";

export interface McpProxyOptions {
  passage: Passage;
  pipeline: TaskPipeline;
  admission: Admission;
  agents: AgentRegistry;
  tools: McpTools;
  checks: SchemaChecks;
  sealer: Sealer;
  keepAlives: KeepAlives;
  keyWatch: Pick<KeyWatch, "watch">;
  storage: Pick<Storage, "changes">;
  clock: Pick<Clock, "after">;
  /** For agents without a timeout of their own. */
  timeoutMs: number;
  /** How long a stream may be open that tells of what happens. */
  streamTimeoutMs: number;
}

/**
 * An agent that is an MCP server, as the server that it is, at `/agents/{id}/mcp`: its tools as they were approved, calls through admission
 * and ledger, and all else passed on. What a caller is given there opens nothing to any other caller.
 */
export class McpProxy {
  readonly #options: McpProxyOptions;
  readonly #passingOn: PassingOn;
  readonly #sessions: SessionStreams;
  readonly #tools: ProxiedTools;

  constructor(options: McpProxyOptions) {
    this.#options = options;
    this.#passingOn = new PassingOn(options.passage, options.timeoutMs);
    this.#sessions = new SessionStreams({ ...options, passingOn: this.#passingOn });
    this.#tools = new ProxiedTools(options);
  }

  /** Answers one request. @throws McpError, Problem */
  async answer(visit: AgentVisit, message: JsonObject, reply: FastifyReply): Promise<FastifyReply> {
    const { looked, caller, era, channel } = visit;
    const { admission, agents, tools } = this.#options;
    const names = this.#namesOf(looked);
    const { method } = visit.message;
    if (method === "tools/call") return this.#call(visit, message, names);
    await admission.enter(caller);
    if (method === "tools/list") {
      const gone = era.isModern ? undefined : await this.#sessions.gone(visit, names);
      if (gone) throw gone;
      await tools.fresh(looked.agent);
      return channel.complete(pinnedList(await agents.skills(looked.agent), era));
    }
    demandTaskMethod(visit);
    return this.#pass(visit, message, names, reply);
  }

  async #call(visit: AgentVisit, message: JsonObject, names: SealedNames): Promise<FastifyReply> {
    try {
      return await this.#tools.call(visit, message, names);
    } catch (error) {
      // Whatever is asked of the server takes its token there; what is refused before, here.
      if (isUnfit(error)) await this.#options.admission.enter(visit.caller);
      throw error;
    }
  }

  /** Passes on what asks for no answer. @throws McpError, Problem */
  async notice(visit: ProxyVisit, message: JsonObject): Promise<FastifyReply> {
    const { looked, caller, request, reply } = visit;
    await this.#options.admission.enter(caller);
    const names = this.#namesOf(looked);
    const { agent } = looked;
    const passing = { agent, method: "POST" as const, request, message: inward(message, names) };
    await this.#tools.cancel(visit, message);
    const { head } = await this.#passingOn.send({ ...passing, session: sessionOf(request, names) });
    await this.#options.passage.message(head, agent);
    return reply.code(head.status).send();
  }

  /** Opens the stream of a session, or ends the session. @throws Problem */
  async session(visit: ProxyVisit, method: "GET" | "DELETE"): Promise<FastifyReply> {
    await this.#options.admission.enter(visit.caller);
    const names = this.#namesOf(visit.looked);
    return method === "GET" ? this.#sessions.open(visit, names) : this.#sessions.end(visit, names);
  }

  /**
   * Passes on a request of a revision that the gateway does not speak: which ones the server does, the server says. A call is not among
   * them: a server that does not look at the revision would do it, and nobody would have paid. Undefined for that.
   */
  async unread({ looked, caller, request, reply }: ProxyVisit, message: JsonObject): Promise<FastifyReply | undefined> {
    if (message.method === "tools/call") return undefined;
    await this.#options.admission.enter(caller);
    const { agent } = looked;
    const { call, head } = await this.#passingOn.send({
      ...{ agent, method: "POST", request, message: inward(message, this.#namesOf(looked)) },
      isModern: true,
      session: undefined,
    });
    if (head.status < 400) {
      call.abort();
      throw new Problem(502, "The MCP server answered a revision that the gateway does not know", {
        code: "agent_invalid_response",
      });
    }
    const told = await this.#options.passage.message(head, agent);
    return reply
      .code(head.status)
      .header("content-type", "application/json")
      .send(JSON.stringify(told ?? null));
  }

  async #pass(visit: AgentVisit, message: JsonObject, names: SealedNames, reply: FastifyReply): Promise<FastifyReply> {
    const { looked, channel, request, era } = visit;
    const { agent, callerScope, keyUse } = looked;
    const { passage, streamTimeoutMs, timeoutMs, keyWatch } = this.#options;
    const isListening = message.method === "subscriptions/listen";
    if (isListening) demandShort(visit);
    const leave = isListening ? this.#passingOn.takeStream(callerScope, agent) : () => {};
    try {
      const call = await this.#passingOn.open({
        ...{ agent, method: "POST" as const, request, message: inward(message, names), isModern: era.isModern },
        session: message.method === "initialize" ? undefined : sessionOf(request, names),
        timeoutMs: isListening ? streamTimeoutMs : (agent.timeoutMs ?? timeoutMs),
      });
      channel.onLeave(() => call.abort());
      const head = await this.#passingOn.head(call, agent);
      const { "mcp-session-id": session } = head.headers;
      if (typeof session === "string") reply.header("mcp-session-id", names.seal("session", session));
      // Of a subscription everything is a message of its own, however it is written.
      if (!isEventStream(head) && !(isListening && head.status === 200)) {
        const told = await passage.message(head, agent).catch((error) => Promise.reject(lost(agent, error)));
        if (!told)
          throw new Problem(502, `The MCP server answered HTTP ${head.status} without a message`, {
            code: "agent_invalid_response",
          });
        return channel.pass(outward(answerTo(message, told), names), head.status);
      }
      const stopWatching = keyWatch.watch(keyUse, () => call.abort());
      let last: JsonObject | undefined;
      try {
        await passage.messages(head, agent, (one) => {
          if (isAnswerTo(one, visit.message.id)) {
            last = one;
            return false;
          }
          const said = isListening ? outwardApart(one, names, agent) : outwardBeside(one, names);
          return said ? channel.tell(said, keepsUp) : true;
        });
      } catch (error) {
        if (!last && !channel.isLeft) throw lost(agent, error);
      } finally {
        stopWatching();
      }
      if (!last)
        throw new Problem(502, "The MCP server's stream ended without its answer", { code: "agent_protocol_error" });
      return channel.pass(outward(last, names), 200);
    } finally {
      leave();
    }
  }

  #namesOf({ agent, callerScope }: Looked): SealedNames {
    return new SealedNames(this.#options.sealer, { agentId: agent.id, callerScope });
  }
}

const keepsUp = (lagging: Promise<void>, sink: EventSink): Promise<boolean> => lagging.then(() => !sink.closed);
