import type { Review } from "@agentgate/protocol";
import { wholeNumber } from "../arguments.ts";
import { examples } from "../examples.ts";
import { AGENT_ARGUMENT, findAgentId } from "../find-agent.ts";
import { formatCount, formatTime } from "../output/format.ts";
import { noteMore } from "../output/note-more.ts";
import type { Column } from "../output/table.ts";
import type { DefineCommand } from "./define-command.ts";

export const defineReviews: DefineCommand = (command, cli) =>
  command
    .argument("<agent>", AGENT_ARGUMENT)
    .option("--limit <n>", "most reviews to show", wholeNumber(1, 200), 20)
    .option("--offset <n>", "reviews to skip", wholeNumber(0, 1_000_000_000), 0)
    .addHelpText(
      "after",
      examples(
        ["agentgate reviews my-agent", "what callers thought of it"],
        ['agentgate review my-agent 5 "Quick and right"', "say so oneself"],
      ),
    )
    .action(async (given: string, page: { limit: number; offset: number }) => {
      const client = await cli.client();
      const id = await findAgentId(client, given);
      const [stats, reviews] = await Promise.all([client.getReviewStats(id), client.listReviews(id, page)]);
      const { output } = cli;
      output.result({ ...stats, reviews }, () => {
        if (stats.avg_rating === null) return output.line("No reviews yet.");
        const { distribution: by } = stats;
        const shares = (["5", "4", "3", "2", "1"] as const).map((stars) => `${stars}: ${by[stars]}`).join("  ");
        output.fields([
          ["Agent", stats.agent_name],
          ["Rating", `${stats.avg_rating} of 5, by ${formatCount(stats.review_count)}`],
          ["Stars", shares],
        ]);
        output.line();
        output.table(reviews, columns);
        noteMore(output, reviews, page);
      });
    });

const columns: Column<Review>[] = [
  { title: "time", value: ({ created_at }) => formatTime(created_at) },
  { title: "rating", value: ({ rating }) => `${rating}`, align: "right" },
  { title: "reviewer", value: ({ reviewer }) => reviewer, shrinks: true },
  { title: "comment", value: ({ comment }) => comment, shrinks: true },
];
