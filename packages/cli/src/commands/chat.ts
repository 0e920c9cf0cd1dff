import { createInterface } from "node:readline";
import type { AgentGateClient } from "@agentgate/client";
import type { Agent } from "@agentgate/protocol";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { examples } from "../examples.ts";
import { AGENT_ARGUMENT, findAgent } from "../find-agent.ts";
import { INTERRUPTED, untilInterrupted } from "../interrupted.ts";
import { formatCount, formatDollars } from "../output/format.ts";
import { cancelledTask, costOf, demandDone, runTask, textTask } from "../tasks/run-task.ts";
import { showAnswer } from "../tasks/show-answer.ts";
import { TypedLines } from "../typed-lines.ts";
import type { DefineCommand } from "./define-command.ts";

interface ChatOptions {
  skill?: string;
  agentKey?: string;
  context?: string;
}

export const defineChat: DefineCommand = (command, cli) =>
  command
    .argument("<agent>", AGENT_ARGUMENT)
    .option("--skill <id>", "which of the agent's skills it is for")
    .option("--agent-key <key>", "the agent's own key, where it has one (env: AGENTGATE_AGENT_KEY)")
    .option("--context <id>", "go on with what was talked about")
    .addHelpText(
      "after",
      `
Answers are shown as they are made, with what they cost and what is left. Ctrl-C cancels the task under way; Ctrl-D ends the conversation.
${examples(
  ["agentgate chat my-agent", "a conversation"],
  ["agentgate chat my-agent < questions.txt", "every line is said, one after the other"],
)}`,
    )
    .action(async (given: string, options: ChatOptions) => {
      const client = await cli.client();
      const agent = await findAgent(client, given);
      await new Chat(cli, client, agent, options).talk();
    });

class Chat {
  readonly #cli: Cli;
  readonly #client: AgentGateClient;
  readonly #agent: Agent;
  readonly #agentApiKey: string | undefined;
  readonly #skill: string | undefined;
  #contextId: string | null;
  /** The task that asked for more. */
  #taskId: string | null = null;
  #messages = 0;
  #paid = 0;

  constructor(cli: Cli, client: AgentGateClient, agent: Agent, { skill, agentKey, context }: ChatOptions) {
    [this.#cli, this.#client, this.#agent, this.#skill] = [cli, client, agent, skill];
    this.#agentApiKey = agentKey || process.env.AGENTGATE_AGENT_KEY || undefined;
    this.#contextId = context ?? null;
  }

  async talk(): Promise<void> {
    const { output } = this.#cli;
    const isTyped = process.stdin.isTTY === true;
    if (isTyped) await this.#introduce();
    const typed = isTyped ? new TypedLines(">", "The conversation was left") : undefined;
    try {
      for await (const text of typed ?? lines()) {
        if (text.trim() === "") continue;
        try {
          await this.#say(text, typed?.signal);
        } catch (error) {
          if (!isTyped || (error instanceof CliError && error.exitCode === INTERRUPTED)) throw error;
          const { describeFailure } = await import("../failure.ts");
          output.fail(describeFailure(error, undefined));
        }
      }
    } finally {
      if (this.#paid > 0) output.aside(`${formatCount(this.#messages)} messages, ${formatDollars(this.#paid)} paid`);
    }
  }

  async #introduce(): Promise<void> {
    const { name, version, description, price_per_task: price } = this.#agent;
    const { output } = this.#cli;
    const left = price > 0 ? await this.#available() : undefined;
    const cost = price > 0 ? ` ${formatDollars(price)} a message${left === undefined ? "" : `, ${left} left`}.` : "";
    output.aside(`${name} ${version}${description ? `: ${description.slice(0, 200)}` : ""}${cost}`);
    output.aside("Ctrl-C cancels a task, Ctrl-D ends the conversation.");
  }

  /** What the wallet that pays has, where that can be told. */
  async #available(): Promise<string | undefined> {
    try {
      const { org_id } = await this.#client.me();
      return org_id === null ? undefined : formatDollars((await this.#client.getOrgWallet(org_id)).available);
    } catch {
      return undefined;
    }
  }

  /** @param left is aborted by a Ctrl-C that the terminal gives as a key */
  async #say(text: string, left: AbortSignal | undefined): Promise<void> {
    const { output } = this.#cli;
    let shown = "";
    const onChunk = (piece: string) => {
      shown += piece;
      if (output.json) output.value({ event: "chunk", data: piece });
      else output.piece(piece);
    };
    const task = textTask(text, { skill: this.#skill, taskId: this.#taskId, contextId: this.#contextId });
    const answer = await untilInterrupted(
      () => cancelledTask(shown !== ""),
      (signal) => runTask(this.#client, this.#agent.id, task, { agentApiKey: this.#agentApiKey, signal }, onChunk),
      left,
    ).finally(() => {
      if (shown !== "" && !shown.endsWith("\n") && !output.json) output.line();
    });
    this.#messages += 1;
    this.#paid += answer.price;
    this.#contextId = answer.context_id ?? this.#contextId;
    this.#taskId = answer.state === "input-required" ? answer.task_id : null;
    if (output.json) output.value({ event: "result", data: answer });
    else if (shown === "") showAnswer(answer, output);
    const cost = costOf(answer);
    if (cost !== undefined) output.aside(cost);
    demandDone(answer);
  }
}

async function* lines(): AsyncGenerator<string, void> {
  yield* createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
}
