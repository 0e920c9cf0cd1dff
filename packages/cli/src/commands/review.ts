import { wholeNumber } from "../arguments.ts";
import { examples } from "../examples.ts";
import { AGENT_ARGUMENT, findAgentId } from "../find-agent.ts";
import type { DefineCommand } from "./define-command.ts";

export const defineReview: DefineCommand = (command, cli) =>
  command
    .argument("<agent>", AGENT_ARGUMENT)
    .argument("<rating>", "1 to 5", wholeNumber(1, 5))
    .argument("[comment]", "in words")
    .option("--reviewer <name>", "the name that is shown; anonymous by default")
    .addHelpText(
      "after",
      examples(
        ['agentgate review my-agent 5 "Quick and right"', "a second review takes the place of the first"],
        ["agentgate reviews my-agent", "what others thought"],
      ),
    )
    .action(async (given: string, rating: number, comment: string | undefined, { reviewer }: { reviewer?: string }) => {
      const client = await cli.client();
      const review = await client.reviewAgent(await findAgentId(client, given), { rating, comment, reviewer });
      cli.output.result(review, () => cli.output.done(`Rated ${given} ${rating} of 5`));
    });
