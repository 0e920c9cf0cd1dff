import { A2AError, type JsonObject } from "@agentgate/protocol/a2a";
import { type McpServer, shareOwner } from "../../../agents/index.ts";
import {
  type ServerAnswer,
  ServerError,
  type ServerProgress,
  type ServerQuestion,
  ServerStatusError,
  TASKS_EXTENSION,
  type UnderWay,
} from "../../../mcp-servers/index.ts";
import { PARKED_MS } from "./parked-calls.ts";
import { Talk } from "./talk.ts";
import { ownerOf, type ToolTurnOptions, type TurnOrder, type TurnTerms } from "./turn-order.ts";

/** What the gateway can do for a server within a call. Whoever asks for something else is refused. */
const OFFERED = { elicitation: { form: {}, url: {} }, extensions: { [TASKS_EXTENSION]: {} } };
const CANCEL_MS = 5_000;
/** A call in which a server asks is open as long as its caller may take to answer, and once more: each turn has its own time within that. */
const TALK_MS = 4 * PARKED_MS;
/** No caller is called so. */
const SHARED = "";

/** One request to a tool's server. */
export interface TurnRequest {
  method: string;
  params: JsonObject;
  headers?: Record<string, string>;
  onProgress?: ((progress: ServerProgress) => Promise<void>) | undefined;
}

/** The server of a tool, as one turn asks it: in its caller's session, with the agent's credentials, while the turn has time. */
export class TurnServer {
  readonly #options: Pick<ToolTurnOptions, "servers" | "tools" | "credentials" | "clock">;
  readonly #agent: TurnOrder["agent"];
  readonly #terms: Pick<TurnTerms, "call" | "endsAt" | "signal">;

  constructor(
    options: Pick<ToolTurnOptions, "servers" | "tools" | "credentials" | "clock">,
    { agent }: Pick<TurnOrder, "agent">,
    terms: Pick<TurnTerms, "call" | "endsAt" | "signal">,
  ) {
    this.#options = options;
    this.#agent = agent;
    this.#terms = terms;
  }

  /** @throws ServerError, OutboundError, ServerStatusError, ServerFault, CredentialError */
  async ask(request: TurnRequest): Promise<JsonObject> {
    const { signal } = this.#terms;
    const asked = await this.#begin(request);
    const abort = () => asked.abort();
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
    try {
      return (await asked.response).result;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** The same of a call in which the server may ask before it answers, and of which somebody else may hear the end. */
  async talk(request: TurnRequest): Promise<Talk> {
    const { clock } = this.#options;
    let onAsked: (question: ServerQuestion) => void = () => {};
    const call = await this.#begin(request, { onAsked: (question) => onAsked(question) });
    return new Talk((listener) => {
      onAsked = listener;
      return call;
    }, clock);
  }

  /** Answers what the server has asked. @throws ServerStatusError, OutboundError, CredentialError */
  async answer(question: Omit<ServerQuestion, "params">, result: JsonObject): Promise<void> {
    await this.#options.servers.answer(await this.#place(), question, result);
  }

  async #begin(
    { method, params, headers = {}, onProgress }: TurnRequest,
    talking?: { onAsked: (question: ServerQuestion) => void },
  ): Promise<UnderWay<ServerAnswer>> {
    const { servers, tools, clock, credentials } = this.#options;
    const agent = this.#agent;
    const { call, endsAt } = this.#terms;
    const server = await this.#server();
    const leftMs = talking ? TALK_MS : endsAt - clock.monotonic();
    const asked = servers.ask({
      place: await this.#place(),
      speech: server.speech,
      session: { agentId: agent.id, caller: server.session === "shared" ? SHARED : ownerOf(call) },
      method,
      params,
      capabilities: OFFERED,
      headers: { ...call.headers, ...headers },
      timeoutMs: Math.max(1, method === "tasks/cancel" ? Math.min(leftMs, CANCEL_MS) : leftMs),
      responseBytesMax: call.responseBytesMax,
      meter: call.meter,
      onProgress,
      onAsked: talking?.onAsked,
      onNotice: (notice) => {
        if (notice === "notifications/tools/list_changed") tools.outdated(agent.id);
      },
    });
    const response = asked.response.catch((error) => {
      if ((error instanceof ServerStatusError || error instanceof ServerError) && error.status === 401) {
        credentials.refused(agent.id);
      }
      throw error;
    });
    return { response, abort: () => asked.abort() };
  }

  /** Whether the server asks in the middle of its calls, and is of the legacy era. */
  async asksWithin(): Promise<boolean> {
    return (await this.#server()).speech.era === "legacy";
  }

  /** How a task of the server's is, or its refusal to say so. @throws as `ask` does, but for the refusal */
  async taskOf(upstreamId: string): Promise<JsonObject | ServerError> {
    try {
      return await this.ask({ method: "tasks/get", params: { taskId: upstreamId } });
    } catch (error) {
      if (error instanceof ServerError && !isHttpFailure(error)) return error;
      throw error;
    }
  }

  /** Tells the server to end its task; that it will not, or does not know of it, is its own affair. */
  async cancel(upstreamId: string): Promise<void> {
    try {
      await this.ask({ method: "tasks/cancel", params: { taskId: upstreamId } });
    } catch (error) {
      if (!(error instanceof ServerError) || isHttpFailure(error)) throw error;
    }
  }

  async #server(): Promise<McpServer> {
    const { id, name } = this.#agent;
    const server = await this.#options.tools.serverOf(id);
    if (!server) throw new A2AError("InternalError", `Agent ${name} is no MCP server any more`);
    return server;
  }

  async #place() {
    const agent = this.#agent;
    const owner = shareOwner(agent);
    return {
      url: agent.url,
      agentId: agent.id,
      owner,
      credentials: await this.#options.credentials.headersFor(agent.id, owner),
    };
  }
}

/** A refusal by whatever stands before the server, or of all that it is asked. */
export const isHttpFailure = ({ status }: ServerError): boolean =>
  status === 401 || status === 403 || status === 429 || status >= 500;
