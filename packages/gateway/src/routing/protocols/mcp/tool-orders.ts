import type { JsonObject } from "@agentgate/protocol/a2a";
import { type Agent, type AgentSkill, shareOwner } from "../../../agents/index.ts";
import type { ValidationFinding } from "../../../http/index.ts";
import type { SchemaChecks } from "../../../json-schema/index.ts";
import { responsesTo } from "./tool-answers.ts";
import { argumentsOf, invalidTask, locationOf, readOrder, type ToolOrder } from "./tool-order.ts";
import { demandLive, type ToolSkills } from "./tool-skills.ts";
import type { ToolTaskStore } from "./tool-task-store.ts";

export interface ToolOrdersOptions {
  skills: ToolSkills;
  checks: SchemaChecks;
  store: ToolTaskStore;
  /** Looks at the server's tools again where that is due. */
  fresh(agent: Agent): Promise<void> | undefined;
}

/** Judges what tasks ask of MCP servers, before anything is paid or sent. */
export class ToolOrders {
  readonly #options: ToolOrdersOptions;

  constructor(options: ToolOrdersOptions) {
    this.#options = options;
  }

  /**
   * The tool that a task is for. Undefined for a task that goes on with one that is not this caller's, if there is such a one: whoever looks
   * that up refuses it.
   * @throws Problem 422 with what is wrong, 409 for a tool that is not as it was approved
   */
  async judge(agent: Agent, task: JsonObject, callerScope: string): Promise<AgentSkill | undefined> {
    const order = readOrder(task);
    await this.#options.fresh(agent);
    const skills = await this.#options.skills(agent);
    if (order.kind === "answer") return this.#judgeAnswer(agent, skills, order, callerScope);
    const skill = demandLive(skills, order);
    this.#judgeArguments(agent, skill, argumentsOf(order, skill), order.at);
    return skill;
  }

  #judgeArguments(
    agent: Agent,
    { id, digest, inputSchema }: AgentSkill,
    args: JsonObject,
    at: readonly (string | number)[],
  ): void {
    if (!inputSchema) return;
    const findings = this.#options.checks.findings(inputSchema, args, {
      key: `${digest} input`,
      owner: shareOwner(agent),
    });
    if (findings.length === 0) return;
    throw invalidTask(
      findings.map(
        ({ pointer, keyword, message }): ValidationFinding => ({
          type: keyword,
          loc: [...locationOf([...at, "arguments"]), ...stepsOf(pointer)],
          msg: `${id}: ${message}`,
        }),
      ),
    );
  }

  async #judgeAnswer(
    agent: Agent,
    skills: readonly AgentSkill[],
    order: Extract<ToolOrder, { kind: "answer" }>,
    owner: string,
  ): Promise<AgentSkill | undefined> {
    const task = await this.#options.store.find(agent.id, order.taskId, owner);
    if (!task) return undefined;
    responsesTo(task, order);
    return demandLive(skills, { tool: task.tool, at: [] });
  }
}

/** RFC 6901. */
const stepsOf = (pointer: string): string[] =>
  pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
