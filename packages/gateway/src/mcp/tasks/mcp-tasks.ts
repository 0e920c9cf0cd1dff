import { createHash } from "node:crypto";
import { A2AError, type JsonObject, toTaskStateV03 } from "@agentgate/protocol/a2a";
import { declaresExtension, rpcCodes, TASKS_EXTENSION } from "@agentgate/protocol/mcp";
import { Problem } from "../../http/index.ts";
import type { AgentProtocol, TaskPipeline } from "../../routing/index.ts";
import type { Log } from "../../runtime/index.ts";
import { type AgentTasks, isUnknownTask } from "../agent-tasks.ts";
import { type AgentAnswer, problemResult, readAnswer } from "../calls/tool-result.ts";
import {
  answersTo,
  answerTask,
  askingOf,
  canBeAsked,
  isAnswered,
  isDeclined,
  requestsOf,
} from "../elicitation/asking.ts";
import { responsesIn } from "../elicitation/responses.ts";
import type { SpentStates } from "../elicitation/spent-states.ts";
import { cleanText, shortened } from "../tools/clean-text.ts";
import type { AgentTool } from "../tools/tool.ts";
import type { AgentVisit } from "../visit.ts";
import { invalidParams, McpError, missingCapability } from "../wire/mcp-error.ts";
import { type McpTask, TASK_KEPT_MS, type TaskRows } from "./task-rows.ts";

export interface McpTasksOptions {
  rows: TaskRows;
  agentTasks: AgentTasks;
  pipeline: TaskPipeline;
  protocol: AgentProtocol;
  spent: SpentStates;
  /** What came of a task that is over, as a result. */
  resultOf(answer: AgentAnswer, tool: AgentTool | undefined, visit: AgentVisit): JsonObject;
  log: Log;
}

/** How often a client is to ask, in milliseconds. */
const POLL_MS = 2_000;
const STATUS_LENGTH_MAX = 500;

/** What the extension calls the states of agents' tasks. */
const words: Readonly<Record<string, string>> = {
  "input-required": "input_required",
  "auth-required": "input_required",
  completed: "completed",
  failed: "completed",
  rejected: "completed",
  canceled: "cancelled",
};

/** Tasks of the extension `io.modelcontextprotocol/tasks`: names for tasks that agents keep, so that any node answers by asking the agent. */
export class McpTasks {
  readonly #options: McpTasksOptions;

  constructor(options: McpTasksOptions) {
    this.#options = options;
  }

  /** Whether a call may go on as a task: the client says that it takes some, and the agent keeps them. */
  mayBecomeTask({ era }: AgentVisit, { agent }: AgentTool): boolean {
    return era.isModern && agent.protocol !== "plain" && declaresExtension(era.envelope, TASKS_EXTENSION);
  }

  hasRoom({ looked }: AgentVisit): Promise<boolean> {
    return this.#options.rows.hasRoom(looked.callerScope);
  }

  /** The task's first sight, when it is committed. */
  async create(
    { looked }: AgentVisit,
    tool: AgentTool,
    { taskId, contextId }: { taskId: string; contextId: string },
    turn: number,
  ): Promise<JsonObject> {
    const { rows } = this.#options;
    const task = await rows.create({
      scope: looked.callerScope,
      agentId: tool.agent.id,
      taskId,
      contextId,
      tool: tool.fullName,
      turn,
    });
    return wireTask(task, "working");
  }

  /** @param agentId at the address of this agent alone @throws McpError -32602 for a task that there is not, or not for this caller */
  async find(taskId: unknown, scope: string, agentId?: string): Promise<McpTask> {
    const task = typeof taskId === "string" ? await this.#options.rows.find(taskId, scope) : undefined;
    if (!task || (agentId !== undefined && task.agentId !== agentId))
      throw invalidParams("There is no such task", "task_not_found");
    return task;
  }

  /** `tasks/get` */
  async get(visit: AgentVisit, task: McpTask, tool: AgentTool | undefined): Promise<JsonObject> {
    return (await this.look(visit, task, tool)).told;
  }

  /** The task as it is now, as the extension tells it. */
  async look(
    visit: AgentVisit,
    task: McpTask,
    tool: AgentTool | undefined,
  ): Promise<{ told: JsonObject; task: McpTask; answer?: AgentAnswer }> {
    const { rows, agentTasks } = this.#options;
    let answer: AgentAnswer;
    try {
      answer = answerOf(await agentTasks.get(visit.caller, task.taskId));
    } catch (error) {
      return { told: this.#unanswered(error, task), task };
    }
    const { state } = answer;
    const status = words[state] ?? "working";
    if (status !== "input_required") {
      const moved = await rows.moved(task, { ...task, state });
      return { told: this.#told(moved, status, answer, tool, visit), task: moved, answer };
    }
    const question = digestOf(answer);
    const turn = question === task.question ? task.turn : task.turn + 1;
    const moved = await rows.moved(task, { state, question, turn });
    const asking = askingOf(answer, tool?.agent ?? visit.looked.agent);
    if (!asking || !canBeAsked(asking, visit.era)) {
      // Whoever cannot be asked goes on by calling the tool, as without tasks.
      return { told: this.#told(moved, "completed", answer, tool, visit), task: moved, answer };
    }
    const told = wireTask(moved, status, { inputRequests: requestsOf(asking, turn) });
    return { told, task: moved, answer };
  }

  /** `tasks/update`: what a person answered. A key that is not asked for (any more) is passed over. */
  async update(visit: AgentVisit, given: McpTask, tool: AgentTool | undefined): Promise<JsonObject> {
    const responses = responsesIn(visit.message.params.inputResponses);
    const { task, answer } = await this.look(visit, given, tool);
    if (!answer || words[answer.state] !== "input_required") return {};
    const asking = askingOf(answer, tool?.agent ?? visit.looked.agent);
    if (!asking || !isAnswered(asking.about, task.turn, responses)) return {};
    const answers = answersTo(asking.about, task.turn, responses);
    if (isDeclined(answers)) {
      await this.#options.agentTasks.cancel(visit.caller, task.taskId).catch(() => undefined);
      return {};
    }
    const { taskId, contextId } = task;
    // Of two that answer one question at once, one alone is heard, and paid for.
    const question = JSON.stringify(["task", task.id, task.turn, task.question]);
    if (!(await this.#options.spent.spend(question))) return {};
    const giveBack = () => this.#options.spent.giveBack(question);
    const message = answerTask(
      visit.request.id,
      { skillId: tool?.skillId },
      { ...asking.about, taskId, contextId },
      answers,
    );
    await this.#send(visit, message, giveBack);
    return {};
  }

  /** A turn of the agent's is a call, as any other; nobody waits for its end here. */
  async #send(visit: AgentVisit, task: JsonObject, giveBack: () => Promise<void>): Promise<void> {
    const { pipeline, protocol, log } = this.#options;
    try {
      const run = await pipeline.run(
        {
          ...visit.caller,
          idempotencyKey: undefined,
          entrance: "mcp",
          operation: "tasks/update",
          task,
          body: JSON.stringify(task),
        },
        ({ agent }, outgoing) => protocol.send(agent, outgoing),
        {},
      );
      run.answer.catch(async (error) => {
        if (!(error instanceof Problem)) log.error({ err: error }, "a task could not be gone on with");
        await giveBack().catch((lost) => log.warn({ err: lost }, "a question cannot be answered once more"));
      });
    } catch (error) {
      await giveBack();
      if (!(error instanceof Problem) || error.status === 401) throw error;
      const { status, code, message } = error;
      throw new McpError(status < 600 ? status : rpcCodes.internalError, message, { status: 200, problem: code });
    }
  }

  /** `tasks/cancel`: told to the agent; one that is over stays as it is. */
  async cancel(visit: AgentVisit, { taskId }: McpTask): Promise<JsonObject> {
    try {
      await this.#options.agentTasks.cancel(visit.caller, taskId);
    } catch (error) {
      if (!A2AError.isInstance(error)) throw error;
    }
    return {};
  }

  #told(
    task: McpTask,
    status: string,
    answer: AgentAnswer,
    tool: AgentTool | undefined,
    visit: AgentVisit,
  ): JsonObject {
    if (status !== "completed") return wireTask(task, status, statusOf(answer));
    const { state } = answer;
    const hasFailed = state === "failed" || state === "rejected";
    const result = hasFailed ? failedResult(answer) : this.#options.resultOf(answer, tool, visit);
    return wireTask(task, status, { result: { resultType: "complete", ...result } });
  }

  /** What is told where the agent does not tell. */
  #unanswered(error: unknown, task: McpTask): JsonObject {
    if (isUnknownTask(error)) {
      const about = { code: rpcCodes.internalError, message: "The agent does not know this task any more" };
      return wireTask(task, "failed", { error: about });
    }
    if (A2AError.isInstance(error) || (error instanceof Problem && error.status >= 500)) {
      const statusMessage = shortened(
        cleanText(`The agent cannot be asked right now: ${error.message}`),
        STATUS_LENGTH_MAX,
      );
      return wireTask(task, words[task.state] === "cancelled" ? "cancelled" : "working", { statusMessage });
    }
    throw error;
  }
}

/** A task of 1.0's. */
const answerOf = (task: JsonObject): AgentAnswer => {
  const status = (task.status ?? {}) as JsonObject;
  return readAnswer({ ...task, taskId: task.id, status: { ...status, state: toTaskStateV03(status.state) } }, true);
};

/** Of the question alone: the same one is asked under one key, however often somebody looks. */
const digestOf = ({ state, statusParts, parts, contextId }: AgentAnswer): string =>
  createHash("sha256")
    .update(JSON.stringify([state, statusParts, parts, contextId]))
    .digest("base64url")
    .slice(0, 22);

function statusOf({ statusParts }: AgentAnswer): JsonObject {
  const text = statusParts.flatMap(({ text }) => (typeof text === "string" ? [text] : [])).join("\n");
  return text === "" ? {} : { statusMessage: shortened(cleanText(text), STATUS_LENGTH_MAX) };
}

function failedResult(answer: AgentAnswer): JsonObject {
  const { statusMessage } = statusOf(answer);
  const detail = `The agent ended the task as ${answer.state}${statusMessage ? `: ${statusMessage}` : ""}`;
  return { ...problemResult(new Problem(502, detail, { code: `agent_task_${answer.state}` })) };
}

/** The task as the extension has it. */
function wireTask(task: McpTask, status: string, more: JsonObject = {}): JsonObject {
  return {
    taskId: task.id,
    status,
    createdAt: new Date(task.createdAt).toISOString(),
    lastUpdatedAt: new Date(task.updatedAt).toISOString(),
    ttlMs: TASK_KEPT_MS,
    pollIntervalMs: POLL_MS,
    ...more,
  };
}

/** @throws McpError -32021 for a request that does not say that its client takes tasks */
export function demandTasks({ era }: Pick<AgentVisit, "era">): void {
  if (era.isModern && declaresExtension(era.envelope, TASKS_EXTENSION)) return;
  throw missingCapability("This request has to declare that its client takes tasks", {
    extensions: { [TASKS_EXTENSION]: {} },
  });
}
