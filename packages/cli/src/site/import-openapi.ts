import type { ImportOptions } from "@agentgate/site/codegen";
import { parse } from "yaml";
import { wholeNumber } from "../arguments.ts";
import { CliError } from "../cli-error.ts";
import type { DefineCommand } from "../commands/define-command.ts";
import { examples } from "../examples.ts";
import { addGlobalOptions } from "../global-options.ts";
import { demandFree, writeAnew } from "../write-anew.ts";
import { documentUrl, readDocument } from "./read-document.ts";

interface ImportCommandOptions {
  out?: string;
  report?: string;
  force?: boolean;
  include?: string[];
  exclude?: string[];
  rename?: string[];
  deprecated?: boolean;
  max: number;
  upstream?: string;
}

const collect = (value: string, before: string[] = []) => [...before, value];

const usedLike = examples(
  ["agentgate import openapi openapi.yaml --out site.ts --report import.md", "a draft to curate"],
  [
    "agentgate import openapi https://api.example/openapi.json --include tag:orders --include 'GET *'",
    "the part agents need",
  ],
);

export const defineImport: DefineCommand = (command, cli) => {
  const openapi = command
    .helpCommand(false)
    .addHelpText("after", usedLike)
    .command("openapi <document>")
    .description("Draft a site from an OpenAPI 3 document (file or URL, JSON or YAML)");
  addGlobalOptions(
    openapi
      .option("--out <file>", "the draft, TypeScript; without it the draft goes to standard output")
      .option("--report <file>", "what was taken, left out and changed, as Markdown")
      .option("--force", "also over files that are there")
      .option(
        "--include <pattern>",
        'only these: operationId, name, "GET /pets/*" or tag:pets; may be repeated',
        collect,
      )
      .option("--exclude <pattern>", "not these; may be repeated", collect)
      .option("--rename <old=new>", "another name for an operation; may be repeated", collect)
      .option("--deprecated", "take deprecated operations too")
      .option("--max <n>", "operations to take at most", wholeNumber(1, 1000), 30)
      .option("--upstream <url>", "the API's address, instead of the document's"),
    { callsSites: true },
  )
    .addHelpText("after", usedLike)
    .action(async (place: string, options: ImportCommandOptions) => {
      const { bundleDocument, importOpenApi, renderDraft, renderReport } = await import("@agentgate/site/codegen");
      const url = documentUrl(place);
      const bundle = await bundleDocument(parseDocument(await readDocument(url), place), url.href, async (uri) => {
        return parseDocument(await readDocument(nearby(new URL(uri), url)), uri);
      });
      const api = importOpenApi(bundle.document, importOptions(options, url));
      const found = { ...api, notes: [...api.notes, ...bundle.problems.map((text) => ({ operation: "", text }))] };
      const draft = renderDraft(found, place);
      const report = renderReport(found, place);
      demandFree([options.out, options.report], options);
      if (options.out !== undefined) writeAnew(options.out, draft, options);
      if (options.report !== undefined) writeAnew(options.report, report, options);
      const { operations, leftOut, notes } = found;
      const value = {
        file: options.out ?? null,
        report: options.report ?? null,
        intents: operations.map(({ name, method, path, risk }) => ({ name, operation: `${method} ${path}`, risk })),
        left_out: leftOut,
        notes,
        ...(options.out === undefined && { draft }),
      };
      cli.output.result(value, () => {
        if (options.out === undefined) cli.output.raw(draft);
        else
          cli.output.line(
            `Wrote ${options.out}: ${operations.length} of ${operations.length + leftOut.length} operations`,
          );
      });
      for (const { operation, text } of options.report === undefined ? [...leftOut, ...notes] : []) {
        cli.output.note(operation ? `${operation}: ${text}` : text);
      }
    });
};

function importOptions(options: ImportCommandOptions, url: URL): ImportOptions {
  const { include = [], exclude = [], rename = [], deprecated, max, upstream } = options;
  const renames = rename.map((pair) => {
    const [, from, to] = /^(.+)=([^=]+)$/s.exec(pair) ?? [];
    if (!from || !to) throw new CliError("usage", `--rename takes old=new, not "${pair}"`, { exitCode: 2 });
    return [from, to] as const;
  });
  if (upstream !== undefined && !URL.canParse(upstream)) {
    throw new CliError("usage", `--upstream takes the API's URL, not "${upstream}"`, { exitCode: 2 });
  }
  return {
    include,
    exclude,
    rename: Object.fromEntries(renames),
    operationsMax: max,
    sourceUrl: url.href,
    ...(deprecated && { deprecated }),
    ...(upstream !== undefined && { serverUrl: upstream }),
  };
}

function parseDocument(text: string, place: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    throw new CliError(
      "invalid_document",
      `${place} is neither JSON nor YAML: ${error instanceof Error ? error.message : error}`,
    );
  }
}

/** A document may refer to its own origin, or to files in its own folder and below; nothing else is read on its word. */
function nearby(uri: URL, document: URL): URL {
  const isNear =
    document.protocol === "file:" ? uri.href.startsWith(new URL(".", document).href) : uri.origin === document.origin;
  if (!isNear) throw new Error("it lies outside the document's own folder or origin");
  return uri;
}
