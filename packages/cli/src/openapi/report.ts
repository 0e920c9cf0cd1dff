import { commentText } from "@agentgate/site/codegen";
import type { ImportRemark, OpenApiImport } from "./import-openapi.ts";

/** What became of each operation, as Markdown: taken, left out and why, changed. */
export function renderReport(api: OpenApiImport, source: string): string {
  const { operations, leftOut, notes } = api;
  const total = operations.length + leftOut.length;
  return [
    `# Import of ${code(source)}`,
    "",
    `${operations.length} of ${total} operations of ${plain(api.title)} ${plain(api.version)} became intents.`,
    "",
    ...table(
      "Taken",
      ["intent", "operation", "risk"],
      operations.map(({ name, method, path, risk }) => [code(name), code(`${method} ${path}`), risk]),
    ),
    ...table("Left out", ["operation", "why"], leftOut.map(row)),
    ...table("To look at", ["operation", "what"], notes.map(row)),
  ].join("\n");
}

const row = ({ operation, text }: ImportRemark): string[] => [operation ? code(operation) : "the API", plain(text)];

function table(title: string, columns: string[], rows: string[][]): string[] {
  if (rows.length === 0) return [];
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [`## ${title}`, "", line(columns), line(columns.map(() => "---")), ...rows.map(line), ""];
}

/** Neither a cell's end, nor a link, an image or HTML. */
const plain = (text: string): string =>
  commentText(text)
    .replace(/\s+/g, " ")
    .replace(/[\\`*_[\]|]/g, "\\$&")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;");

const code = (text: string): string =>
  `\`${commentText(text).replace(/\s+/g, " ").replaceAll("`", "'").replaceAll("|", "\\|")}\``;
