import type { JsonObject } from "@agentgate/protocol/a2a";
import { Problem } from "../../http/index.ts";
import type { AgentTasks } from "../agent-tasks.ts";
import { type AgentAnswer, problemResult, type ToolResult } from "../calls/tool-result.ts";
import { cleanText, shortened } from "../tools/clean-text.ts";
import type { AgentTool } from "../tools/tool.ts";
import type { AgentVisit } from "../visit.ts";
import { invalidParams } from "../wire/mcp-error.ts";
import { answersTo, answerTask, askingOf, canBeAsked, elicit, isDeclined, requestsOf } from "./asking.ts";
import { type RequestState, type RequestStates, spentState } from "./request-state.ts";
import { responsesIn } from "./responses.ts";
import type { SpentStates } from "./spent-states.ts";

export interface ElicitationOptions {
  states: RequestStates;
  spent: SpentStates;
  agentTasks: AgentTasks;
}

/** A call that goes on after a question. */
export interface Resumed {
  /** Questions that the agent has asked in it so far. */
  turn: number;
  /** What the agent is told; undefined where the call is made as it was. */
  task?(id: string): JsonObject;
  /** The agent was not told: the question may be answered once more. */
  giveBack?(): Promise<void>;
}

/** What a question is asked about. */
export interface Asked {
  visit: AgentVisit;
  tool: AgentTool;
  /** Digest of the call. */
  called: () => string;
}

const TOP_UP = "top_up";
const MESSAGE_LENGTH_MAX = 1_000;

/**
 * Questions on the way: an agent's that awaits its caller, and the wallet's that has not enough (SEP-2322). Whatever is needed to go on is
 * sealed into the state that the client sends back, so that any node goes on.
 */
export class Elicitation {
  readonly #options: ElicitationOptions;

  constructor(options: ElicitationOptions) {
    this.#options = options;
  }

  /** What is asked of the client's person; undefined where the client cannot be asked, or nothing is asked. */
  ask(answer: AgentAnswer, asked: Asked & { turn: number }): JsonObject | undefined {
    const { state, taskId, contextId } = answer;
    const { visit, tool } = asked;
    if (taskId === undefined || (state !== "input-required" && state !== "auth-required")) return undefined;
    const asking = askingOf(answer, tool.agent);
    if (!asking || !canBeAsked(asking, visit.era)) return undefined;
    const turn = asked.turn + 1;
    const requestState = this.#seal(asked, { ...asking.about, taskId, contextId: contextId ?? "", turn });
    return { inputRequests: requestsOf(asking, turn), requestState };
  }

  /** Asks somebody to fill the wallet; the call that comes back goes on as it was. */
  askTopUp(url: string, why: string, asked: Asked): JsonObject {
    const requestState = this.#seal(asked, { kind: TOP_UP, taskId: "", contextId: "", turn: 0 });
    const message = shortened(cleanText(`${why}. Fill the wallet, then go on.`), MESSAGE_LENGTH_MAX);
    return { inputRequests: { [TOP_UP]: elicit({ mode: "url", message, url }) }, requestState };
  }

  /** Whether a call comes back with an answer. */
  isResumed({ message: { params } }: AgentVisit): boolean {
    return params.requestState !== undefined || params.inputResponses !== undefined;
  }

  /**
   * Takes up a call that comes back with an answer.
   * @throws McpError -32602 for responses that are malformed, and a state that is not this call's
   */
  async resume(visit: AgentVisit, tool: AgentTool, called: string): Promise<Resumed | { ended: ToolResult }> {
    const { requestState, inputResponses } = visit.message.params;
    const responses = responsesIn(inputResponses);
    if (typeof requestState !== "string")
      throw invalidParams("inputResponses come with the requestState of the result");
    const { callerScope: scope } = visit.looked;
    const state = this.#options.states.open(requestState, { called, agentId: tool.agent.id, scope });
    if (state.kind === TOP_UP) {
      const response = responses.get(TOP_UP);
      if (!response) throw invalidParams(`inputResponses lacks ${TOP_UP}`, "invalid_input_responses");
      return response.action === "accept" ? { turn: 0 } : { ended: declined("The wallet was not filled") };
    }
    const about = { ...state, kind: state.kind };
    const answers = answersTo(about, state.turn, responses);
    if (!(await this.#options.spent.spend(requestState))) throw spentState();
    if (isDeclined(answers)) return { ended: await this.#stopped(visit, state) };
    return {
      turn: state.turn,
      task: (id) => answerTask(id, tool, about, answers),
      giveBack: () => this.#options.spent.giveBack(requestState),
    };
  }

  async #stopped({ caller }: AgentVisit, { taskId }: RequestState): Promise<ToolResult> {
    // One that cannot be stopped is over, or will be: the person has said no all the same.
    await this.#options.agentTasks.cancel(caller, taskId).catch(() => undefined);
    return declined("The question was not answered, and the agent was told to stop");
  }

  #seal({ visit, tool, called }: Asked, about: Omit<RequestState, "called" | "agentId" | "scope">): string {
    return this.#options.states.seal({
      ...about,
      called: called(),
      agentId: tool.agent.id,
      scope: visit.looked.callerScope,
    });
  }
}

const declined = (words: string): ToolResult => problemResult(new Problem(409, words, { code: "declined" }));
