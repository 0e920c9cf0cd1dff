import { type Document, isScalar, visit, type YAMLError } from "yaml";

/** What YAML has against a text, in words for whoever wrote it, and where that begins. */
export function yamlProblem(
  { code, message, pos: [offset] }: YAMLError,
  text: string,
  document: Document.Parsed,
): { offset: number; message: string } {
  if (code === "DUPLICATE_KEY") {
    const [, key = ""] = /^\s*([^\n:]+?)\s*:/.exec(text.slice(offset)) ?? [];
    return { offset, message: `${key || "a key"} stands here a second time` };
  }
  if (code === "MULTIPLE_DOCS")
    return { offset, message: "a second document begins here: a file has one, without ---" };
  const begin = /quote/.test(message) ? beginOfText(document, offset) : undefined;
  if (begin !== undefined) return { offset: begin, message: "the quote that begins here is never closed" };
  return { offset, message };
}

/** Where the text in quotes begins that ends there. */
function beginOfText(document: Document.Parsed, end: number): number | undefined {
  let begin: number | undefined;
  visit(document, (_, node) => {
    if (!isScalar(node) || !node.range || !/^QUOTE/.test(`${node.type}`)) return;
    if (node.range[0] < end && node.range[1] >= end) begin = node.range[0];
  });
  return begin;
}
