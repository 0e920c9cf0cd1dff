import type { DefineCommand } from "../commands/define-command.ts";
import { examples } from "../examples.ts";
import { readArguments, readInputOption } from "./read-arguments.ts";
import { showValue } from "./show-value.ts";
import { addSiteOptions, discoverSite, type SiteOptions } from "./site-options.ts";

interface CallCommandOptions extends SiteOptions {
  input?: string;
  stream?: boolean;
}

export const defineCall: DefineCommand = (command, cli) =>
  addSiteOptions(command)
    .argument("<url>", "the site")
    .argument("<intent>", "what it shall do")
    .argument("[arguments...]", "name=value, or name:=JSON")
    .option("--input <json>", "all arguments as one JSON object")
    .option("--stream", "show progress and parts of the result as they come; with --json one event a line")
    .addHelpText(
      "after",
      examples(
        ["agentgate call myshop.com search_products query='wireless headphones' max_results=5", "a call"],
        ['agentgate call myshop.com search_products --input \'{"query":"tea"}\' --json', "for programs"],
        ["agentgate call myshop.com write_report topic=tea --stream", "watch it being made"],
      ),
    )
    .action(async (address: string, name: string, words: string[], options: CallCommandOptions) => {
      const { output } = cli;
      const site = await discoverSite(address, options, cli);
      const intent = site.intent(name);
      const { input_schema, deprecated } = site.manifest.intents.find((entry) => entry.name === name)!;
      const base = options.input === undefined ? {} : readInputOption(options.input);
      const input = { ...base, ...readArguments(words, input_schema) };
      if (deprecated) output.note(`${name} is deprecated: ${deprecated.message}`);
      if (!options.stream) {
        const result = await intent(input);
        output.result(result, () => showValue(result, output));
        return;
      }
      for await (const event of intent.stream(input)) {
        if (output.json) output.line(JSON.stringify(event));
        else if (event.event === "progress") output.note(`progress ${JSON.stringify(event.data)}`);
        else showValue(event.data, output);
      }
    });
