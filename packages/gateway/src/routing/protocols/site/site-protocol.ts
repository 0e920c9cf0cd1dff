import { isObject, type JsonObject } from "@agentgate/protocol/a2a";
import type { Tool } from "@agentgate/protocol/site";
import {
  type Agent,
  type AgentCredentials,
  type AgentManifests,
  type StoredManifest,
  shareOwner,
} from "../../../agents/index.ts";
import { Problem, parseExact } from "../../../http/index.ts";
import type { SchemaChecks } from "../../../json-schema/index.ts";
import type { Dialer } from "../../../outbound/index.ts";
import type { Clock, Random, Sealer } from "../../../runtime/index.ts";
import type {
  AgentCall,
  AgentOutcome,
  AgentProtocol,
  AskedTask,
  ChunkSink,
  OutgoingTask,
  TaskOrder,
} from "../../agent-protocol.ts";
import { callerLeft } from "../failures.ts";
import { Handles } from "./handles.ts";
import { declinedAnswer, ownRefusal } from "./site-answers.ts";
import { type Prepared, SiteExchange } from "./site-exchange.ts";
import {
  failed,
  invalidCall,
  NEITHER,
  NO_QUESTION,
  NO_SESSION,
  notLive,
  notRead,
  problemOf,
  toldFailure,
  unknownTool,
} from "./site-refusals.ts";
import { type ToolCall, toolCallOf } from "./tool-call.ts";

export interface SiteProtocolOptions {
  dialer: Dialer;
  credentials: AgentCredentials;
  manifests: Pick<AgentManifests, "find">;
  checks: Pick<SchemaChecks, "findings">;
  /** Told of an agent that answered a call as if there were no such thing. */
  doubt(agent: Agent): void;
  sealer: Sealer;
  clock: Clock;
  random: Random;
}

/** An answer that needs no request, or a request to make. */
type Plan = { outcome: AgentOutcome } | { prepared: Prepared };

/**
 * Websites by their manifests: a task's one data part names an intent, or a flow's start or step, and is sent as the site protocol has it.
 * What the site knows of a session stays here; callers have a handle to it.
 */
export class SiteProtocol implements AgentProtocol {
  readonly #options: SiteProtocolOptions;
  readonly #handles: Handles;
  readonly #exchange: SiteExchange;

  constructor(options: SiteProtocolOptions) {
    this.#options = options;
    this.#handles = new Handles(options);
    this.#exchange = new SiteExchange({ ...options, handles: this.#handles });
  }

  /**
   * The call that a task asks for, when it can be made: one that cannot costs nothing, and the site hears nothing of it.
   * @throws Problem 404, 409, 422 with findings
   */
  async order(agent: Agent, { request, callerScope, skills }: AskedTask): Promise<TaskOrder> {
    const { manifests, checks } = this.#options;
    const asked = toolCallOf(request.task);
    if ("message" in asked) throw invalidCall([{ at: asked.at, msg: asked.message }]);
    const isReply = "taskId" in asked;
    const call = isReply ? this.#handles.openQuestion(asked.taskId, { agentId: agent.id, callerScope }) : asked;
    if (!call) throw new Problem(404, NO_QUESTION, { code: "not_found" });
    const manifest = await manifests.find(agent.id);
    const standing = manifest?.tools.get(call.tool);
    if (manifest && !standing && "at" in asked)
      throw invalidCall([{ at: [...(asked.at as string[]).slice(0, -1), "tool"], msg: unknownTool(agent, call.tool) }]);
    if (manifest && standing?.state !== "live") throw problemOf(notLive(call.tool, standing, agent));
    const skill = skills.find(({ id }) => id === call.tool);
    if (standing && !isReply) {
      const key = `${agent.id} ${skill?.digest ?? call.tool}`;
      const findings = checks.findings(standing.tool.inputSchema, call.arguments, { key, owner: shareOwner(agent) });
      const at = "at" in asked ? (asked.at as string[]) : [];
      if (findings.length > 0)
        throw invalidCall(
          findings.map(({ pointer, message }) => ({ at: [...at, ...pointer.split("/").slice(1)], msg: message })),
        );
    }
    return { skill };
  }

  send(agent: Agent, task: OutgoingTask): AgentCall {
    return this.#start(agent, task, undefined);
  }

  stream(agent: Agent, task: OutgoingTask, onChunk: ChunkSink): AgentCall {
    return this.#start(agent, task, onChunk);
  }

  #start(agent: Agent, task: OutgoingTask, onChunk: ChunkSink | undefined): AgentCall {
    const stop = new AbortController();
    const outcome = this.#run(agent, task, onChunk, stop.signal).catch((error): AgentOutcome => {
      const failure = toldFailure(agent, error);
      if (!failure) throw error;
      return { ok: false, failure };
    });
    return { outcome, abort: () => stop.abort() };
  }

  async #run(
    agent: Agent,
    task: OutgoingTask,
    onChunk: ChunkSink | undefined,
    signal: AbortSignal,
  ): Promise<AgentOutcome> {
    const { manifests, credentials } = this.#options;
    const given = parseExact(task.body);
    const manifest = await manifests.find(agent.id);
    if (!manifest) return failed(notRead(agent));
    const plan = this.#plan(agent, task, isObject(given) ? given : {}, manifest);
    if ("outcome" in plan) return plan.outcome;
    const { prepared } = plan;
    const shown = prepared.tool.auth.type === "none" ? {} : await credentials.headersFor(agent.id, shareOwner(agent));
    if (signal.aborted) return failed(callerLeft);
    return await this.#exchange.run(prepared, shown, onChunk, signal);
  }

  /** What the task comes to, as far as it is known without the site. */
  #plan(agent: Agent, task: OutgoingTask, given: JsonObject, { tools, url }: StoredManifest): Plan {
    const asked = toolCallOf(given);
    if ("message" in asked) return { outcome: failed(ownRefusal(422, "invalid_input", asked.message)) };
    let call: ToolCall;
    const place = { agentId: agent.id, callerScope: task.callerScope };
    if ("taskId" in asked) {
      const question = this.#handles.openQuestion(asked.taskId, place);
      if (!question) return { outcome: failed(ownRefusal(404, "not_found", NO_QUESTION)) };
      const { isConfirmed } = asked;
      if (isConfirmed === false)
        return { outcome: { ok: true, isFree: true, body: declinedAnswer(given.id, asked.taskId) } };
      if (isConfirmed === undefined) return { outcome: failed(ownRefusal(422, "invalid_input", NEITHER)) };
      call = { ...question, isConfirmed, at: [] };
    } else call = asked;
    const standing = tools.get(call.tool);
    if (standing?.state !== "live") return { outcome: failed(notLive(call.tool, standing, agent)) };
    const { tool } = standing;
    const session = this.#sessionOf(tool, call, place);
    if (session === "none") return { outcome: failed(ownRefusal(404, "session_not_found", NO_SESSION)) };
    return { prepared: { agent, task, callerTaskId: given.id, call, tool, base: url, session } };
  }

  #sessionOf(
    tool: Tool,
    call: ToolCall,
    place: { agentId: string; callerScope: string },
  ): Prepared["session"] | "none" {
    const { sessionArgument, calls, flow } = tool;
    if (calls === "start") return { label: this.#handles.label() };
    if (sessionArgument === undefined || flow === undefined) return undefined;
    return this.#handles.openSession(call.arguments[sessionArgument], { ...place, flow }) ?? "none";
  }

  /** A call of this caller's that waits for a person's word, as it was asked; undefined for none. */
  waits(agent: Agent, callerScope: string, taskId: unknown): boolean {
    return this.#handles.openQuestion(taskId, { agentId: agent.id, callerScope }) !== undefined;
  }
}
