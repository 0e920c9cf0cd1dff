import { wholeNumber } from "../arguments.ts";
import { CliError } from "../cli-error.ts";
import type { DefineCommand } from "../commands/define-command.ts";
import { examples } from "../examples.ts";
import { addGlobalOptions } from "../global-options.ts";
import { demandFree, writeAnew } from "../write-anew.ts";
import type { ImportOptions } from "./index.ts";

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

/** Remarks that are told without a report. */
const remarksMax = 20;

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
    .description("Draft a site from an OpenAPI 3 or Swagger 2 document (file or URL, JSON or YAML)");
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
    "site",
  )
    .addHelpText("after", usedLike)
    .action(async (place: string, options: ImportCommandOptions) => {
      const { importOpenApi, renderDraft, renderReport } = await import("./index.ts");
      const { loadOpenApi } = await import("./load-openapi.ts");
      const { document, problems, url } = await loadOpenApi(place);
      const api = importOpenApi(document, importOptions(options, url));
      const found = { ...api, notes: [...api.notes, ...problems.map((text) => ({ operation: "", text }))] };
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
      const remarks =
        options.report === undefined ? [...notes, ...leftOut] : notes.filter(({ operation }) => !operation);
      for (const { operation, text } of remarks.slice(0, remarksMax)) {
        cli.output.note(operation ? `${operation}: ${text}` : text);
      }
      const more = remarks.length - remarksMax;
      if (more > 0) cli.output.note(`… and ${more} more: --report import.md tells all of them`);
      if (operations.length === 0) cli.output.note("no operation was taken: the draft is a site without intents");
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
