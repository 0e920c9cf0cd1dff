import type { Cli } from "../cli.ts";
import { demandRequired, readArguments, readInputOption } from "./read-arguments.ts";
import { showValue } from "./show-value.ts";
import { discoverSite, type SiteOptions } from "./site-options.ts";

export interface SiteCallOptions extends SiteOptions {
  input?: string;
  stream?: boolean;
}

/** Calls an intent of a site, and shows its result. @param words `name=value`, or `name:=JSON` */
export async function callSite(
  cli: Cli,
  address: string,
  name: string,
  words: readonly string[],
  options: SiteCallOptions,
): Promise<void> {
  const { output } = cli;
  const site = await discoverSite(address, options, cli);
  const intent = site.intent(name);
  const { input_schema, deprecated } = site.manifest.intents.find((entry) => entry.name === name)!;
  const base = options.input === undefined ? {} : readInputOption(options.input);
  const input = { ...base, ...readArguments(words, input_schema) };
  demandRequired(input, input_schema, name);
  if (deprecated) output.note(`${name} is deprecated: ${deprecated.message}`);
  if (!options.stream) {
    const result = await output.waiting(`Calling ${name}`, () => intent(input));
    output.result(result, () => showValue(result, output));
    return;
  }
  for await (const event of intent.stream(input)) {
    if (output.json) output.value(event);
    else if (event.event === "progress") output.note(`progress ${JSON.stringify(event.data)}`);
    else showValue(event.data, output);
  }
}
