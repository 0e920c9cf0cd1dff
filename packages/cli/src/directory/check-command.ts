import type { DirectoryFinding } from "@agentgate/protocol/directory";
import { wholeNumber } from "../arguments.ts";
import { CliError } from "../cli-error.ts";
import type { DefineCommand } from "../commands/define-command.ts";
import { examples } from "../examples.ts";
import type { Column } from "../output/table.ts";
import { addSiteOptions, type SiteOptions } from "../site/site-options.ts";
import { readDirectory } from "./read-directory.ts";
import { failureColumns, visitSites } from "./visit-sites.ts";

interface CheckOptions extends SiteOptions {
  offline?: boolean;
  concurrency: number;
}

export const defineCheck: DefineCommand = (command, cli) =>
  addSiteOptions(command)
    .description("Check a directory, and whether its sites are as it says")
    .argument("<place>", "a file, the address of an agentgate.json, or a gateway")
    .option("--offline", "look at the document alone, and visit no site")
    .option("--concurrency <n>", "sites that are visited at once", wholeNumber(1, 64), 8)
    .addHelpText(
      "after",
      examples(
        ["agentgate directory check agentgate.json", "before it is published"],
        ["agentgate directory check https://gateway.example", "the sites of a gateway"],
        [
          "agentgate directory check agentgate.json --offline --json",
          "for CI; the exit code is 1 when something is wrong",
        ],
      ),
    )
    .action(async (place: string, { offline, concurrency, allowHttp = false }: CheckOptions) => {
      const { sites, findings } = await readDirectory(place);
      const digests = new Map(sites.map(({ url, manifest_digest }) => [url, manifest_digest]));
      const { visited, failed } = offline
        ? { visited: [], failed: [] }
        : await visitSites([...digests.keys()], {
            concurrency,
            allowHttp,
            onDone: (done, url) => cli.output.progress(`${done} of ${digests.size}: ${url}`),
          });
      const changed = visited
        .filter(({ url, entry }) => entry.manifest_digest !== digests.get(url))
        .map(({ url }) => url);
      cli.output.result({ sites: sites.length, findings, changed, failed }, () => {
        if (findings.length > 0) cli.output.table(findings, findingColumns);
        if (failed.length > 0) cli.output.table(failed, failureColumns);
        for (const url of changed) cli.output.note(`${url} has another manifest by now`);
        if (findings.length + failed.length === 0) {
          const told = offline ? "is well formed" : "is well formed, and its sites answer";
          cli.output.done(`A directory of ${sites.length} ${sites.length === 1 ? "site" : "sites"} ${told}`);
        }
      });
      if (findings.length > 0)
        throw new CliError(
          "directory_invalid",
          `${findings.length} places in the directory are not as the format has it`,
        );
      if (failed.length > 0)
        throw new CliError("sites_unreachable", `${failed.length} of ${digests.size} sites could not be read`);
    });

const findingColumns: Column<DirectoryFinding>[] = [
  { title: "place", value: ({ path }) => path || "/" },
  { title: "what is wrong", value: ({ message }) => message, shrinks: true },
];
