import type { DefineCommand } from "../commands/define-command.ts";
import { examples } from "../examples.ts";
import { writeAnew } from "../write-anew.ts";
import { addSiteOptions, discoverSite, type SiteOptions } from "./site-options.ts";

interface TypesOptions extends SiteOptions {
  out?: string;
  force?: boolean;
}

export const defineTypes: DefineCommand = (command, cli) =>
  addSiteOptions(command)
    .argument("<url>", "the site")
    .option("--out <file>", "write to a file instead of standard output")
    .option("--force", "also over a file that is there")
    .addHelpText(
      "after",
      examples(["agentgate types myshop.com --out myshop.d.ts", 'then: client.discover<MyShop>("https://myshop.com")']),
    )
    .action(async (address: string, options: TypesOptions) => {
      const { manifest, url } = await discoverSite(address, options, cli);
      const { renderManifestTypes } = await import("@agentgate/site/codegen");
      const types = renderManifestTypes(manifest, url);
      if (options.out !== undefined) writeAnew(options.out, types, options);
      const { intents, flows } = manifest;
      const written = { file: options.out ?? null, intents: intents.length, flows: flows.length };
      cli.output.result(options.out === undefined ? { types } : written, () => {
        if (options.out === undefined) cli.output.raw(types);
        else
          cli.output.line(`Wrote ${options.out}: ${count(intents.length, "intent")}, ${count(flows.length, "flow")}`);
      });
    });

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? "" : "s"}`;
