import { hash } from "node:crypto";
import { canonicalJson, type JsonObject } from "@agentgate/protocol/a2a";
import { declaresElicitation } from "@agentgate/protocol/mcp";
import type { FastifyReply } from "fastify";
import type { Agent } from "../../agents/index.ts";
import { Problem, unavailable } from "../../http/index.ts";
import type { SchemaChecks, SchemaFinding } from "../../json-schema/index.ts";
import type { KeyWatch } from "../../orgs/index.ts";
import {
  type Admission,
  type AgentCall,
  type AgentOutcome,
  type AgentProtocol,
  exceededAnswerBound,
  limitHeaders,
  type TaskPipeline,
  type TaskRun,
} from "../../routing/index.ts";
import type { Clock, Log } from "../../runtime/index.ts";
import { unavailability } from "../../storage/index.ts";
import type { Elicitation } from "../elicitation/elicitation.ts";
import type { McpTasks } from "../tasks/mcp-tasks.ts";
import type { AgentTool } from "../tools/tool.ts";
import type { AgentVisit } from "../visit.ts";
import type { Era } from "../wire/message.ts";
import { answerIn, metaOf, resultOfAnswer } from "./call-answer.ts";
import { keyOfCall } from "./idempotency-key.ts";
import { Progress, progressTokenIn } from "./progress.ts";
import { argumentsOf, findingsIn, inOrder, type ToolArguments, taskOf } from "./tool-arguments.ts";
import { type AgentAnswer, problemResult, readAnswer, resultOfParts, type ToolResult } from "./tool-result.ts";

export interface ToolCallsOptions {
  admission: Pick<Admission, "enter">;
  pipeline: TaskPipeline;
  protocol: AgentProtocol;
  checks: SchemaChecks;
  elicitation: Elicitation;
  tasks: McpTasks;
  keyWatch: Pick<KeyWatch, "watch">;
  clock: Clock;
  log: Log;
  /** Where an organization fills its wallet, if anywhere. */
  topupUrl(orgId: string, amount: bigint): string | undefined;
  /** How long a call may go on before it becomes a task, in milliseconds. */
  taskAfterMs: number;
}

/** What came of a call's way through the pipeline. */
type Ending = { body: string; headers: Record<string, string> } | { error: unknown };

/** `tools/call`: a task of the pipeline, admitted, paid, limited and logged as any other. */
export class ToolCalls {
  readonly #options: ToolCallsOptions;

  constructor(options: ToolCallsOptions) {
    this.#options = options;
  }

  /** @throws McpError, Problem for what is refused before the agent is asked */
  async call(visit: AgentVisit, tool: AgentTool): Promise<FastifyReply> {
    const { channel, message } = visit;
    const { checks, elicitation } = this.#options;
    const given = argumentsOf(message);
    let digest: string | undefined;
    const called = () => {
      digest ??= digestOf(tool, given);
      return digest;
    };
    const resumed = elicitation.isResumed(visit) ? await elicitation.resume(visit, tool, called()) : undefined;
    if (resumed && "ended" in resumed) return channel.complete(resumed.ended);
    if (!resumed) {
      const findings = findingsIn(tool, given, checks);
      if (findings.length > 0) return this.unasked(visit, tool, unfit(findings));
    }
    const turn = resumed?.turn ?? 0;
    const id = visit.request.id;
    const task = resumed?.task?.(id) ?? taskOf(tool, given, id);
    const key = keyOfCall(visit.caller.idempotencyKey, message);
    const idempotencyKey = key === undefined || turn === 0 ? key : `${key.slice(0, 240)}:turn-${turn}`;
    // The name by which the agent knows the task is the same for each attempt under one key.
    if (idempotencyKey !== undefined) task.id = sha(`${visit.looked.callerScope} ${idempotencyKey}`).slice(0, 32);
    let run: TaskRun;
    let progress: Progress | undefined;
    let known: { taskId: string; contextId: string } | undefined;
    const named = this.#options.tasks.mayBecomeTask(visit, tool) ? Promise.withResolvers<void>() : undefined;
    const token = progressTokenIn(message.params);
    if (token !== undefined && channel.takesEvents) {
      progress = new Progress(channel, {
        token,
        clock: this.#options.clock,
        awaitReader: (lagging, sink) => run.awaitReader(lagging, sink),
      });
    }
    try {
      run = await this.#options.pipeline.run(
        {
          ...visit.caller,
          idempotencyKey,
          entrance: "mcp",
          operation: "tools/call",
          // Nothing is compared without a key.
          answersAs: idempotencyKey === undefined ? undefined : `mcp ${called()}`,
          looked: visit.looked,
          task,
          // Under a key the same call reads the same, however its members were put.
          body: JSON.stringify(idempotencyKey === undefined ? task : inOrder(task)),
        },
        ({ agent }, outgoing) => {
          const { protocol } = this.#options;
          const onTask = (told: { taskId: string; contextId: string }) => {
            known = told;
            named?.resolve();
          };
          const sinks = named || progress ? { ...outgoing, onTask, onStatus: progress?.take } : outgoing;
          const call = progress ? protocol.stream(agent, sinks, progress.take) : protocol.send(agent, sinks);
          return this.#judged(call, agent, tool);
        },
        {},
      );
    } catch (error) {
      await resumed?.giveBack?.();
      return this.#refused(error, visit, tool, called);
    }
    channel.onLeave(() => run.cancel());
    const stopWatching = channel.await(() =>
      this.#options.keyWatch.watch(run.keyUse, (why) => {
        channel.complete(problemResult(why));
        run.cancel();
      }),
    );
    progress?.begin();
    const ending = run.answer.then(
      (answer): Ending => answer,
      (error): Ending => ({ error }),
    );
    const ended = named ? await this.#endOrTask(ending, visit, named.promise) : await ending;
    progress?.end();
    stopWatching();
    const created = ended === "task" ? await this.#createTask(visit, tool, known!, turn) : undefined;
    if (created) return channel.complete(created, { resultType: "task" });
    return this.#answered(ended === "task" ? await ending : ended, run, visit, tool, { called, turn });
  }

  /** Answers a call of which the agent is not asked. It takes a token as any other: looking at it is work, too. */
  async unasked(visit: AgentVisit, tool: AgentTool, result: ToolResult): Promise<FastifyReply> {
    try {
      const { limit } = await this.#options.admission.enter(visit.caller);
      return visit.channel.complete(result, { headers: limitHeaders(limit) });
    } catch (error) {
      return this.#refused(error, visit, tool, () => digestOf(tool, argumentsOf(visit.message)));
    }
  }

  /**
   * The end of a call that may become a task, or that it has become one.
   * @param named settles when the agent has named its task: before, there is nothing that could be asked for
   */
  async #endOrTask(ending: Promise<Ending>, visit: AgentVisit, named: Promise<void>): Promise<Ending | "task"> {
    const { tasks, clock, taskAfterMs } = this.#options;
    const late = Promise.withResolvers<void>();
    const cancelTimer = clock.after(taskAfterMs, () => late.resolve());
    const first = await Promise.race([ending, Promise.all([late.promise, named]).then(() => "task" as const)]);
    cancelTimer();
    if (first !== "task") return first;
    return !visit.channel.isLeft && (await tasks.hasRoom(visit)) ? "task" : ending;
  }

  /** What cannot be kept as a task is waited for after all. */
  async #createTask(
    visit: AgentVisit,
    tool: AgentTool,
    known: { taskId: string; contextId: string },
    turn: number,
  ): Promise<JsonObject | undefined> {
    try {
      return await this.#options.tasks.create(visit, tool, known, turn);
    } catch (error) {
      this.#options.log.warn({ err: error, requestId: visit.request.id }, "a call could not be kept as a task");
      return undefined;
    }
  }

  #answered(
    ended: Ending,
    run: TaskRun,
    visit: AgentVisit,
    tool: AgentTool,
    { called, turn }: { called: () => string; turn: number },
  ): FastifyReply {
    const { channel, era } = visit;
    if ("error" in ended) return channel.complete(this.#problem(ended.error, tool));
    const isReplayed = ended.headers["idempotency-replayed"] === "true";
    const { answer, receipt } = answerIn(ended.body, run.agent, isReplayed);
    const asked = this.#options.elicitation.ask(answer, { visit, tool, called, turn });
    const _meta = metaOf(answer, receipt, isReplayed);
    if (asked) return channel.complete({ ...asked, _meta }, { resultType: "input_required", headers: run.headers });
    return channel.complete({ ...resultOfAnswer(answer, era), _meta }, { headers: run.headers });
  }

  /** A result that has to be built, and to fit, is looked at before it is paid for. */
  #judged(call: AgentCall, agent: Agent, tool: AgentTool): AgentCall {
    const { outputSchema } = tool;
    const outcome = call.outcome.then((told): AgentOutcome => {
      if (!told.ok || told.isPartial) return told;
      const exceeded = exceededAnswerBound(told.body);
      if (exceeded) {
        const detail = `The agent's answer ${exceeded}`;
        return { ok: false, failure: { status: 502, detail, logged: "invalid_response" } };
      }
      if (outputSchema === undefined || outputSchema === null) return told;
      const fault = this.#outputFault(readAnswer(JSON.parse(told.body), agent.protocol !== "plain"), tool);
      if (fault === undefined) return told;
      const { taskId } = told;
      const failure = { status: 502, detail: fault, logged: "invalid_output" };
      return { ok: false, failure, ...(taskId !== undefined && { taskId }) };
    });
    return { outcome, abort: () => call.abort() };
  }

  /** In place of an answer that is not what its tool promises; undefined for one that is. */
  faultyResult(answer: AgentAnswer, tool: AgentTool): ToolResult | undefined {
    const fault = this.#outputFault(answer, tool);
    return fault === undefined ? undefined : problemResult(new Problem(502, fault, { code: "agent_invalid_output" }));
  }

  /** Why an answer is not what its tool promises; undefined for one that is, or is none yet. */
  #outputFault(answer: AgentAnswer, { outputSchema, digest, agent }: AgentTool): string | undefined {
    if (outputSchema === undefined || outputSchema === null || answer.state !== "completed") return undefined;
    const result = resultOfParts(answer.parts, MODERN);
    if (!("structuredContent" in result)) return "The agent's answer has not the one structured part that it promises";
    const owner = agent.orgId ?? agent.id;
    const [first] = this.#options.checks.findings(outputSchema, result.structuredContent, {
      key: `out ${digest}`,
      owner,
    });
    if (!first) return undefined;
    return `The agent's answer is not what it promises, at ${first.pointer || "its root"}: ${first.message}`;
  }

  /** What the model is told of a failure that had a price: nothing was charged. */
  #problem(error: unknown, tool: AgentTool): ToolResult {
    const problem = asProblem(error);
    if (!problem) throw error;
    const words = tool.price > 0n && problem.status !== 410 ? "Nothing was charged." : "";
    return problemResult(problem, words === "" || problem.message.includes(words) ? {} : { words });
  }

  /** Before the agent was asked. What the model can do something about is a result; the rest is the client's. */
  async #refused(error: unknown, visit: AgentVisit, tool: AgentTool, called: () => string): Promise<FastifyReply> {
    const problem = asProblem(error);
    if (!problem) throw error;
    const { channel, era, caller, looked } = visit;
    const { bearer, payerKey } = caller;
    if (problem.status === 402 && bearer === undefined && payerKey === undefined) {
      throw new Problem(401, problem.message, { code: problem.code });
    }
    if (!isForModel(problem)) throw problem;
    const { payerOrgId } = looked;
    const url =
      problem.status === 402 && payerOrgId !== null ? this.#options.topupUrl(payerOrgId, tool.price) : undefined;
    if (url !== undefined && era.isModern && declaresElicitation(era.envelope, "url")) {
      const asked = this.#options.elicitation.askTopUp(url, problem.message, { visit, tool, called });
      return channel.complete(asked, { resultType: "input_required", headers: problem.headers });
    }
    const result = problemResult(problem, url === undefined ? {} : { members: { checkout_url: url } });
    return channel.complete(result, { headers: problem.headers });
  }
}

const MODERN: Era = {
  isModern: true,
  envelope: { protocolVersion: "", clientCapabilities: {}, clientInfo: undefined },
};

/** Tool and arguments, to tell whether a call is the same once more. */
export const digestOf = ({ agent, skillId }: AgentTool, { exact }: ToolArguments): string =>
  sha(canonicalJson([agent.id, skillId ?? null, exact])).slice(0, 43);

const sha = (text: string): string => hash("sha256", text, "base64url");

const asProblem = (error: unknown): Problem | undefined => {
  if (error instanceof Problem) return error;
  const away = unavailability(error);
  return away && unavailable(away);
};

/** Statuses that the official client makes errors of its transport from, which no model ever reads. */
const FOR_MODELS = new Set([402, 409, 410, 422, 429, 502, 503, 504, 508]);
const LIMITS = new Set(["budget_exceeded", "per_call_max_exceeded"]);
const isForModel = ({ status, code }: Problem): boolean => FOR_MODELS.has(status) || LIMITS.has(code);

export function unfit(findings: readonly SchemaFinding[]): ToolResult {
  const lines = findings.map(({ pointer, message }) => `${pointer === "" ? "(the arguments)" : pointer}: ${message}`);
  const problem = new Problem(422, "The arguments do not fit the tool's input schema", { code: "invalid_arguments" });
  const result = problemResult(problem, { members: { findings: findings.map((finding) => ({ ...finding })) } });
  return { ...result, content: [{ type: "text", text: [`${problem.message}:`, ...lines].join("\n") }] };
}
