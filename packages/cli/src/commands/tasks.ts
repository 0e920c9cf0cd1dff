import type { TaskEntry } from "@agentgate/protocol";
import { Option } from "commander";
import { commaList, wholeNumber } from "../arguments.ts";
import { examples } from "../examples.ts";
import { AGENT_ARGUMENT, findAgentId } from "../find-agent.ts";
import { formatTime } from "../output/format.ts";
import type { Column } from "../output/table.ts";
import type { DefineCommand } from "./define-command.ts";

interface TasksOptions {
  role?: "owner" | "payer";
  state?: string[];
  context?: string;
  task?: string;
  before?: string;
  limit: number;
}

export const defineTasks: DefineCommand = (command, cli) =>
  command
    .argument("[agent]", `${AGENT_ARGUMENT}; without it, all of the organization`)
    .addOption(
      new Option("--role <role>", "tasks at the organization's agents, or tasks of its own").choices([
        "owner",
        "payer",
      ]),
    )
    .option("--state <list>", "working, completed, failed, canceled, input-required…; several with commas", commaList)
    .option("--context <id>", "of this conversation")
    .option("--task <id>", "the task that the agent calls so")
    .option("--limit <n>", "most tasks to show", wholeNumber(1, 200), 50)
    .option("--before <cursor>", "go on behind a page: the next of its --json")
    .addHelpText(
      "after",
      examples(
        ["agentgate tasks", "A2A tasks of the organization's agents, by their newest status"],
        ["agentgate tasks my-agent --state working,input-required", "what is under way at one"],
        ["agentgate tasks --role payer", "tasks of one's own at agents of others"],
      ),
    )
    .action(async (given: string | undefined, { context, task, state, ...options }: TasksOptions) => {
      const client = await cli.client();
      const agentIds = given === undefined ? undefined : [await findAgentId(client, given)];
      const asked = { ...options, agentIds, contextId: context, taskId: task, states: state?.map(stateName) };
      const page = await client.listTasks(asked);
      const { output } = cli;
      output.result(page, () => {
        if (page.entries.length > 0) output.table(page.entries, columns);
        else
          output.line(page.is_cut ? "None was found yet." : "No such tasks. They are kept of agents that speak A2A.");
        if (page.next !== null) output.note(`there may be more: --before ${page.next}`);
      });
    });

/** `input-required` as the gateway has it; a state that is written so already stays. */
const stateName = (text: string): string =>
  `TASK_STATE_${text
    .toUpperCase()
    .replace(/^TASK_STATE_/, "")
    .replaceAll("-", "_")}`;

const columns: Column<TaskEntry>[] = [
  { title: "since", value: ({ status_at }) => formatTime(status_at) },
  {
    title: "state",
    value: ({ state }) =>
      state
        .replace(/^TASK_STATE_/, "")
        .toLowerCase()
        .replaceAll("_", "-"),
  },
  { title: "agent", value: ({ agent_name, agent_id }) => agent_name ?? agent_id, shrinks: true },
  { title: "task", value: ({ task_id }) => task_id, shrinks: true },
  { title: "context", value: ({ context_id }) => context_id ?? "", shrinks: true },
  { title: "payer", value: ({ payer_org_id }) => payer_org_id ?? "", shrinks: true },
];
