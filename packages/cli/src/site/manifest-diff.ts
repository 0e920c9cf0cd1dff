import { AgentClient } from "@agentgate/client";
import { diffManifests, type Manifest, type ManifestChange } from "@agentgate/protocol/site";
import type { Cli } from "../cli.ts";
import { CliError } from "../cli-error.ts";
import type { DefineCommand } from "../commands/define-command.ts";
import { examples } from "../examples.ts";
import { addGlobalOptions } from "../global-options.ts";
import type { Column } from "../output/table.ts";
import { documentUrl, readDocument } from "./read-document.ts";
import { addSiteOptions, discoverSite, type SiteOptions } from "./site-options.ts";

const usedLike = examples(
  ["agentgate manifest diff published.json localhost:8000", "what a release would change"],
  ["agentgate manifest diff old.json new.json --json", "for CI; the exit code is 1 when callers may break"],
);

export const defineManifest: DefineCommand = (command, cli) => {
  const diff = command
    .helpCommand(false)
    .addHelpText("after", usedLike)
    .command("diff <old> <new>")
    .description("Show what changed between two manifests");
  addGlobalOptions(addSiteOptions(diff), "site")
    .addHelpText("after", usedLike)
    .action(async (before: string, after: string, options: SiteOptions) => {
      const [old, now] = await Promise.all([readManifest(before, options, cli), readManifest(after, options, cli)]);
      const changes = diffManifests(old, now);
      const breaking = changes.filter((change) => change.breaking).length;
      cli.output.result({ changes, breaking }, () => {
        if (changes.length === 0) cli.output.line("No changes.");
        else cli.output.table(changes, columns);
      });
      if (breaking > 0) {
        throw new CliError(
          "breaking_changes",
          `${breaking} of ${changes.length} changes may break callers of the old manifest`,
        );
      }
    });
};

const columns: Column<ManifestChange>[] = [
  { title: "breaking", value: ({ breaking }) => (breaking ? "yes" : "") },
  { title: "change", value: ({ kind }) => kind },
  { title: "place", value: ({ path }) => path },
  { title: "what", value: ({ message }) => message, shrinks: true },
];

/** A manifest from a file, or of a site. Either is checked as an agent would check it. */
async function readManifest(place: string, options: SiteOptions, cli: Cli): Promise<Manifest> {
  const isFile = !/^https?:\/\//i.test(place) && /\.json$|\//.test(place);
  if (!isFile) return (await discoverSite(place, options, cli)).manifest;
  const text = await readDocument(documentUrl(place));
  const reader = new AgentClient({ fetch: async () => new Response(text) });
  try {
    const { base_url } = JSON.parse(text) as Partial<Manifest>;
    const site = await reader.discover(
      base_url && URL.canParse(base_url) ? new URL(base_url).href.replace(/^http:/, "https:") : "https://site.invalid",
    );
    return site.manifest;
  } catch (error) {
    throw new CliError(
      "manifest_invalid",
      `${place} is not a manifest: ${error instanceof Error ? error.message : error}`,
    );
  }
}
