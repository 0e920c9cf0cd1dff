import { text as readAll } from "node:stream/consumers";
import type { Agent, TaskRequest } from "@agentgate/protocol";
import type { JsonSchema } from "@agentgate/protocol/site";
import { duration } from "../arguments.ts";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import { examples } from "../examples.ts";
import { findAgent, isId } from "../find-agent.ts";
import { untilInterrupted } from "../interrupted.ts";
import type { SiteCallOptions } from "../site/call.ts";
import { cancelledTask, costOf, demandDone, runTask, taskOfParts, textTask } from "../tasks/run-task.ts";
import { showAnswer } from "../tasks/show-answer.ts";
import type { TaskAnswer } from "../tasks/task-answer.ts";
import type { DefineCommand } from "./define-command.ts";

interface CallCommandOptions extends SiteCallOptions {
  agent?: boolean;
  skill?: string;
  agentKey?: string;
  timeout?: number;
  idempotencyKey?: string;
  taskId?: string;
  context?: string;
}

export const defineCall: DefineCommand = (command, cli) =>
  command
    .argument("<agent>", "the agent's id or name; or a site: https://myshop.com, myshop.com, localhost:8000")
    .argument("[words...]", "what to say to the agent; of a site, the intent and name=value or name:=JSON")
    .option("--stream", "show what it makes as it makes it; with --json one event a line")
    .option("--agent", "it is an agent, even if its name looks like a site's")
    .option("--input <json>", "the whole task, or all arguments of an intent, as one JSON object")
    .option("--skill <id>", "which of the agent's skills it is for")
    .option("--agent-key <key>", "the agent's own key, where it has one (env: AGENTGATE_AGENT_KEY)")
    .option("--timeout <time>", "how long to wait for the answer: 30, 90s or 5m", duration(1, 86_400))
    .option("--idempotency-key <key>", "a repetition with it gets the first answer, and pays once")
    .option("--context <id>", "go on with what was talked about")
    .option("--task-id <id>", "answer what this task asks for")
    .option("--allow-http", "allow plain HTTP to a site on another machine")
    .addHelpText("after", HELP)
    .action(async (target: string, words: string[], options: CallCommandOptions) => {
      if (!options.agent && isSite(target)) {
        const [intent, ...args] = words;
        if (intent === undefined) {
          throw new CliError("usage", `What shall ${target} do?`, {
            hint: `agentgate discover ${target} shows its intents`,
            exitCode: 2,
          });
        }
        const { callSite } = await import("../site/call.ts");
        return callSite(cli, target, intent, args, options);
      }
      await callAgent(cli, target, words, options);
    });

const HELP = `
What has a dot, a colon or a slash is a site, everything else an agent of the gateway. Without text an agent is told what comes on standard
input. Of an agent that is an MCP server or a website, the words are one of its tools and name=value or name:=JSON. Ctrl-C cancels the task.

AGENTGATE_API_KEY, and a profile's key, are the gateway's and are never sent to a site.
${examples(
  ['agentgate call my-agent "Summarize: …"', "the answer, and what it cost"],
  ["agentgate call my-agent --stream < report.txt", "a text from a file; the answer as it is made"],
  ['agentgate call my-agent "Hello!" --json | jq -r .text', "for programs"],
  ["agentgate call my-mcp-server echo text=Hello", "a tool of an MCP server that is an agent of the gateway"],
  ["agentgate call myshop.com search_products query='wireless headphones' max_results=5", "an intent of a site"],
  ["agentgate call myshop.com write_report topic=tea --stream", "watch it being made"],
)}`;

/** What is written like an address: agents whose names look so are called with `--agent`. */
const isSite = (target: string): boolean => !isId(target) && (/^localhost$/i.test(target) || /[.:/]/.test(target));

async function callAgent(cli: Cli, given: string, words: readonly string[], options: CallCommandOptions) {
  const { output } = cli;
  const early = options.input === undefined && words.length > 0 ? undefined : await taskOf(words, options);
  const client = await cli.client();
  const agent = await findAgent(client, given);
  const task =
    early ?? (hasTools(agent) && !options.skill ? await toolTask(agent, words, options) : await taskOf(words, options));
  const agentApiKey = options.agentKey || process.env.AGENTGATE_AGENT_KEY || undefined;
  let isBegun = false;
  let endsInLine = true;
  const onChunk = (text: string) => {
    isBegun = true;
    if (output.json) return output.value({ event: "chunk", data: text });
    output.piece(text);
    endsInLine = text.endsWith("\n");
  };
  const answer = await untilInterrupted(
    () => cancelledTask(isBegun),
    (signal) => {
      const limit = options.timeout === undefined ? {} : { timeoutMs: options.timeout * 1000 };
      const asked = { agentApiKey, idempotencyKey: options.idempotencyKey, signal, ...limit };
      const run = () => runTask(client, agent.id, task, asked, options.stream ? onChunk : undefined);
      return options.stream ? run() : output.waiting(`Waiting for ${agent.name}`, run);
    },
  ).finally(() => {
    if (!endsInLine) output.line();
  });
  show(cli, answer, { stream: options.stream === true, isBegun });
  demandDone(answer);
  if (answer.state === "input-required") {
    output.note(`It asks for more. Answer with: agentgate call ${given} "…" ${goingOn(answer)}, or in agentgate chat`);
  }
}

function show({ output }: Cli, answer: TaskAnswer, { stream, isBegun }: { stream: boolean; isBegun: boolean }): void {
  if (output.json) {
    if (stream) output.value({ event: "result", data: answer });
    else output.result(answer, () => {});
    return;
  }
  if (!isBegun) showAnswer(answer, output);
  const cost = costOf(answer);
  if (cost !== undefined) output.aside(cost);
}

/** MCP servers and websites have tools, which are called by name and arguments. */
const hasTools = ({ protocol }: Agent): boolean => protocol === "mcp" || protocol === "site";

/** @param words the tool, and `name=value` or `name:=JSON` */
async function toolTask(
  { name, skills }: Agent,
  [tool = "", ...args]: readonly string[],
  { taskId, context }: CallCommandOptions,
): Promise<TaskRequest> {
  const names = skills.flatMap(({ id }) => (id === undefined ? [] : [id]));
  if (!names.includes(tool)) {
    const { nearest } = await import("@agentgate/protocol");
    const close = nearest(tool, names);
    throw new CliError("unknown_tool", `${name} has no tool "${tool}"`, {
      hint: `${close === undefined ? "" : `Did you mean "${close}"? `}It has: ${names.slice(0, NAMED_MAX).join(", ")}`,
      exitCode: 2,
    });
  }
  const { demandRequired, readArguments } = await import("../site/read-arguments.ts");
  const { input_schema: told } = skills.find(({ id }) => id === tool)!;
  const schema = typeof told === "object" && told !== null ? (told as JsonSchema) : {};
  const input = readArguments(args, schema);
  demandRequired(input, schema, tool);
  const data = { tool, arguments: input };
  return taskOfParts([{ type: "data", data }], { ...(taskId && { taskId }), ...(context && { contextId: context }) });
}

const NAMED_MAX = 30;

const goingOn = ({ task_id, context_id }: TaskAnswer): string =>
  [task_id && `--task-id ${task_id}`, context_id && `--context ${context_id}`].filter(Boolean).join(" ");

async function taskOf(words: readonly string[], options: CallCommandOptions): Promise<TaskRequest> {
  const { input, skill, taskId, context } = options;
  if (input !== undefined) {
    if (words.length > 0) {
      throw new CliError("usage", "Give a text, or a whole task with --input", { exitCode: 2 });
    }
    const { readInputOption } = await import("../site/read-arguments.ts");
    return readInputOption(input);
  }
  const text = words.length > 0 ? words.join(" ") : process.stdin.isTTY ? "" : await readAll(process.stdin);
  if (text.trim() === "") {
    throw new CliError("usage", "There is nothing to say to the agent", {
      hint: 'Give the text: agentgate call my-agent "Hello!", or on standard input: … < text.txt',
      exitCode: 2,
    });
  }
  const plain = words.length > 0 ? text : text.replace(/\r?\n$/, "");
  return textTask(plain, { skill, ...(taskId && { taskId }), ...(context && { contextId: context }) });
}
