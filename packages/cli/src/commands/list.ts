import type { Agent } from "@agentgate/protocol";
import { wholeNumber } from "../arguments.ts";
import { examples } from "../examples.ts";
import { formatDollars } from "../output/format.ts";
import { noteMore } from "../output/note-more.ts";
import type { Column } from "../output/table.ts";
import { noteWrongKey } from "../wrong-key.ts";
import type { DefineCommand } from "./define-command.ts";

interface ListOptions {
  skill?: string;
  tag?: string;
  limit: number;
  offset: number;
}

export const defineList: DefineCommand = (command, cli) =>
  command
    .option("--skill <text>", "only agents with this in a skill's id or name")
    .option("--tag <tag>", "only agents with this tag")
    .option("--limit <n>", "most agents to show", wholeNumber(1, 1000), 100)
    .option("--offset <n>", "agents to skip", wholeNumber(0, 1_000_000_000), 0)
    .addHelpText(
      "after",
      examples(
        ["agentgate list", "the newest 100"],
        ["agentgate list --skill chat --tag demo", "those that can chat and are tagged demo"],
        ["agentgate list --json | jq -r '.[].id'", "their ids"],
      ),
    )
    .action(async ({ skill, tag, limit, offset }: ListOptions) => {
      const client = await cli.client();
      const [agents] = await Promise.all([client.listAgents({ skill, tag, limit, offset }), noteWrongKey(cli, client)]);
      cli.output.result(agents, () => {
        if (agents.length === 0) cli.output.line(emptyState({ skill, tag, offset }));
        else cli.output.table(agents, agents.some(stateOf) ? [...columns, stateColumn] : columns);
        noteMore(cli.output, agents, { limit, offset });
      });
    });

const columns: Column<Agent>[] = [
  { title: "id", value: ({ id }) => id },
  { title: "name", value: ({ name }) => name, shrinks: true },
  { title: "version", value: ({ version }) => version },
  {
    title: "price",
    value: ({ price_per_task }) => (price_per_task > 0 ? formatDollars(price_per_task) : "free"),
    align: "right",
  },
  { title: "skills", value: ({ skills }) => skills.map(({ id, name }) => id ?? name ?? "").join(", "), shrinks: true },
  { title: "tags", value: ({ tags }) => tags.join(", "), shrinks: true },
  { title: "url", value: ({ url }) => url, shrinks: true },
];

/** Of one's own agents that are not simply approved; others are not on the list. */
function stateOf({ approval }: Agent): string {
  if (!approval || (approval.state === "approved" && approval.change !== "pending")) return "";
  return approval.state === "approved" ? "a change waits" : approval.state;
}

const stateColumn: Column<Agent> = { title: "approval", value: stateOf };

function emptyState({
  skill,
  tag,
  offset,
}: {
  skill?: string | undefined;
  tag?: string | undefined;
  offset: number;
}): string {
  if (skill !== undefined || tag !== undefined) return "No agent matches. `agentgate list` shows all of them.";
  if (offset > 0) return "No more agents.";
  return "No agents yet. Register one with `agentgate deploy ./my-agent/`.";
}
