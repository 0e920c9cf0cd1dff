import { type Block, type Inline, plainText } from "./markdown.ts";

/** How some of it is written otherwise than by default. What they are given is markup, but for `text`. */
export interface MarkdownMarkup {
  heading?(level: number, content: string, text: string): string;
  code?(text: string): string;
}

const ESCAPED = /[&<>"'`]/g;
const escaped = (text: string): string => text.replace(ESCAPED, (char) => `&#${char.charCodeAt(0)};`);

/** Blocks as HTML: `p em strong code pre ul ol li a h3 h4 h5`, `table` where there is one, and of attributes `href`, `rel`, `start`. */
export const markdownHtml = (blocks: readonly Block[], markup: MarkdownMarkup = {}): string =>
  blocks.map((block) => blockHtml(block, markup)).join("\n");

function blockHtml(block: Block, markup: MarkdownMarkup): string {
  switch (block.kind) {
    case "paragraph":
      return `<p>${inlineHtml(block.content)}</p>`;
    case "heading": {
      const content = inlineHtml(block.content);
      const { level } = block;
      return markup.heading?.(level, content, plainText(block.content)) ?? `<h${level}>${content}</h${level}>`;
    }
    case "code":
      return markup.code?.(block.text) ?? `<pre><code>${escaped(block.text)}</code></pre>`;
    case "list":
      return listHtml(block, markup);
    case "table":
      return tableHtml(block.rows);
  }
}

function listHtml({ start, items }: Extract<Block, { kind: "list" }>, markup: MarkdownMarkup): string {
  const written = items.map((blocks) => {
    // One paragraph needs no element of its own.
    const [first, ...rest] = blocks;
    const text = first?.kind === "paragraph" ? inlineHtml(first.content) : first ? blockHtml(first, markup) : "";
    return `<li>${text}${rest.length === 0 ? "" : `\n${markdownHtml(rest, markup)}`}</li>`;
  });
  const name = start === undefined ? "ul" : "ol";
  const from = start === undefined || start === 1 ? "" : ` start="${start}"`;
  return `<${name}${from}>${written.join("")}</${name}>`;
}

function tableHtml([head = [], ...rows]: readonly Inline[][][]): string {
  const row = (cells: readonly Inline[][], name: string) =>
    `<tr>${cells.map((cell) => `<${name}>${inlineHtml(cell)}</${name}>`).join("")}</tr>`;
  return `<table><thead>${row(head, "th")}</thead><tbody>${rows.map((cells) => row(cells, "td")).join("")}</tbody></table>`;
}

const inlineHtml = (content: readonly Inline[]): string => content.map(partHtml).join("");

function partHtml(part: Inline): string {
  switch (part.kind) {
    case "text":
      return escaped(part.text);
    case "code":
      return `<code>${escaped(part.text)}</code>`;
    case "em":
    case "strong":
      return `<${part.kind}>${inlineHtml(part.content)}</${part.kind}>`;
    case "link":
      return linkHtml(part);
  }
}

/** Without a host it leads to a place of ours, or says itself where it leads. */
function linkHtml({ url, host, content }: Extract<Inline, { kind: "link" }>): string {
  const rel = /^https?:/.test(url) ? ` rel="nofollow ugc noopener"` : "";
  const where = host === undefined ? "" : ` (${escaped(host)})`;
  return `<a href="${escaped(url)}"${rel}>${inlineHtml(content)}</a>${where}`;
}
