import { basename, dirname, join } from "node:path";
import {
  type DirectorySite,
  directorySitesMax,
  directoryVersion,
  type SiteDirectory,
} from "@agentgate/protocol/directory";
import { wholeNumber } from "../arguments.ts";
import { CliError } from "../cli-error.ts";
import type { DefineCommand } from "../commands/define-command.ts";
import { examples } from "../examples.ts";
import { addSiteOptions, type SiteOptions } from "../site/site-options.ts";
import { demandFree, writeAnew } from "../write-anew.ts";
import { readUrls } from "./read-urls.ts";
import { failureColumns, type SiteFailure, visitSites } from "./visit-sites.ts";

interface BuildOptions extends SiteOptions {
  out: string;
  name: string;
  concurrency: number;
  force?: boolean;
}

export const defineBuild: DefineCommand = (command, cli) =>
  addSiteOptions(command)
    .description("Visit sites, and write a directory of those that agents can call")
    .argument("<urls>", "a file with an address a line, or - for standard input; what follows a # is left out")
    .option("--out <file>", "where it is written", "agentgate.json")
    .option("--name <text>", "what the directory is called", "Agent-native sites")
    .option("--concurrency <n>", "sites that are visited at once", wholeNumber(1, 64), 8)
    .option("--force", "replace the file")
    .addHelpText(
      "after",
      examples(
        ["agentgate directory build urls.txt", "write agentgate.json"],
        ["agentgate directory build urls.txt --json | jq .failed", "which sites were left out, and why"],
      ),
    )
    .action(async (urlsFile: string, { out, name, concurrency, force, allowHttp = false }: BuildOptions) => {
      const urls = await readUrls(urlsFile);
      demandFree([out], { force });
      const { visited, failed } = await visitSites(urls, {
        concurrency,
        allowHttp,
        onDone: (done, url) => cli.output.progress(`${done} of ${urls.length}: ${url}`),
      });
      const pages = pagesOf(
        name,
        visited.map(({ entry }) => entry),
        out,
      );
      demandFree(
        pages.map(([file]) => file),
        { force },
      );
      for (const [file, page] of pages) writeAnew(file, `${JSON.stringify(page, null, 2)}\n`, { force });
      const files = pages.map(([file]) => file);
      cli.output.result({ files, sites: visited.length, failed }, () => {
        cli.output.done(`${visited.length} ${visited.length === 1 ? "site" : "sites"} in ${files.join(", ")}`);
        tellFailures(failed);
      });
      if (failed.length > 0)
        throw new CliError(
          "sites_left_out",
          `${failed.length} of ${urls.length} sites could not be read, and were left out`,
        );

      function tellFailures(failures: readonly SiteFailure[]) {
        if (failures.length === 0) return;
        cli.output.line();
        cli.output.table(failures, failureColumns);
      }
    });

/** A document, or pages that lead from one to the next. */
function pagesOf(name: string, sites: readonly DirectorySite[], out: string): [file: string, page: SiteDirectory][] {
  const count = Math.max(1, Math.ceil(sites.length / directorySitesMax));
  const fileOf = (page: number) =>
    page === 0 ? out : join(dirname(out), `${basename(out, ".json")}.${page + 1}.json`);
  return Array.from({ length: count }, (_, page) => {
    const own = sites.slice(page * directorySitesMax, (page + 1) * directorySitesMax);
    const document: SiteDirectory = {
      directory_version: directoryVersion,
      name,
      updated_at:
        own
          .map(({ checked_at }) => checked_at)
          .sort()
          .at(-1) ?? null,
      sites: own,
      next: page + 1 < count ? basename(fileOf(page + 1)) : null,
    };
    return [fileOf(page), document];
  });
}
