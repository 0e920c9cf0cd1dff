import type { AgentProtocol, AgentSearchItem } from "@agentgate/protocol";
import { Option } from "commander";
import { commaList, dollars, positiveNumber, wholeNumber } from "../arguments.ts";
import { examples } from "../examples.ts";
import { formatCount, formatDollars } from "../output/format.ts";
import type { Column } from "../output/table.ts";
import { noteWrongKey } from "../wrong-key.ts";
import type { DefineCommand } from "./define-command.ts";

interface SearchOptions {
  tags?: string[];
  skill?: string;
  priceMax?: number;
  ratingMin?: number;
  protocol?: AgentProtocol;
  health?: "healthy" | "unhealthy";
  sort: "newest" | "name" | "version" | "rating" | "price" | "calls";
  limit: number;
  offset: number;
}

export const defineSearch: DefineCommand = (command, cli) =>
  command
    .argument("[text]", "part of the name, description or a tag")
    .option("--tags <list>", "only agents with all of these tags", commaList)
    .option("--skill <text>", "only agents with this in a skill's id or name")
    .option("--price-max <dollars>", "only agents whose tasks cost no more", dollars)
    .option("--rating-min <n>", "only agents rated so well, up to 5", positiveNumber)
    .addOption(new Option("--protocol <name>", "only agents that speak it").choices(["plain", "a2a", "mcp", "site"]))
    .addOption(new Option("--health <state>", "as the last look found them").choices(["healthy", "unhealthy"]))
    .addOption(
      new Option("--sort <order>", "what comes first")
        .choices(["newest", "name", "version", "rating", "price", "calls"])
        .default("newest"),
    )
    .option("--limit <n>", "most agents to show", wholeNumber(1, 200), 50)
    .option("--offset <n>", "agents to skip", wholeNumber(0, 1_000_000_000), 0)
    .addHelpText(
      "after",
      examples(
        ["agentgate search translate --health healthy --sort calls", "those that translate, called most first"],
        ["agentgate search --price-max 0.01 --rating-min 4", "good ones for a cent at most"],
      ),
    )
    .action(async (text: string | undefined, options: SearchOptions) => {
      const client = await cli.client();
      const [found] = await Promise.all([client.searchAgents({ q: text, ...options }), noteWrongKey(cli, client)]);
      const { output } = cli;
      output.result(found, () => {
        if (found.agents.length === 0) return output.line("No agent matches.");
        output.table(found.agents, columns);
        const total = `${found.total_is_exact ? "" : "more than "}${formatCount(found.total)}`;
        output.line(`${found.agents.length} of ${total} that match.`);
      });
    });

/** Never 100 % where something failed, nor 0 % where something did not. */
function share(success: number | null): string {
  if (success === null) return "";
  const percent = success * 100;
  const shown = percent > 50 ? Math.floor(percent * 100) / 100 : Math.ceil(percent * 100) / 100;
  return `${shown} %`;
}

const columns: Column<AgentSearchItem>[] = [
  { title: "id", value: ({ id }) => id },
  { title: "name", value: ({ name }) => name, shrinks: true },
  { title: "version", value: ({ version }) => version },
  {
    title: "price",
    value: ({ price_per_task }) => (price_per_task > 0 ? formatDollars(price_per_task) : "free"),
    align: "right",
  },
  { title: "health", value: ({ health }) => health },
  { title: "p50 ms", value: ({ p50_ms }) => `${p50_ms ?? ""}`, align: "right" },
  { title: "success", value: ({ success_30d }) => share(success_30d), align: "right" },
  { title: "calls", value: ({ calls_30d }) => formatCount(calls_30d), align: "right" },
  { title: "rating", value: ({ avg_rating }) => `${avg_rating ?? ""}`, align: "right" },
];
