import { visibleText } from "./visible-text.ts";

/** A node of a tree as parsers of markdown make it (mdast), as far as it is read here. */
export interface MarkdownNode {
  type: string;
  children?: readonly MarkdownNode[] | undefined;
  value?: string | undefined;
  url?: string | undefined;
  alt?: string | null | undefined;
  depth?: number | undefined;
  ordered?: boolean | null | undefined;
  start?: number | null | undefined;
}

/** `fromMarkdown` of mdast-util-from-markdown, which whoever reads markdown brings along: this package depends on nothing. */
export type ParseMarkdown = (
  text: string,
  options: { extensions: { disable: { null: string[] } }[] },
) => MarkdownNode | { type: string };

export type Inline =
  | { kind: "text" | "code"; text: string }
  | { kind: "em" | "strong"; content: Inline[] }
  /** `host` is where it leads, to be shown beside what it says; undefined where it says just that. */
  | { kind: "link"; url: string; host: string | undefined; content: Inline[] };

export type Block =
  | { kind: "paragraph"; content: Inline[] }
  | { kind: "heading"; level: number; content: Inline[] }
  | { kind: "code"; text: string }
  | { kind: "list"; start: number | undefined; items: Block[][] }
  /** The first row is its head. */
  | { kind: "table"; rows: Inline[][][] };

/** What may be in a text beside paragraphs, emphasis, code and lists. */
export interface MarkdownRules {
  tables: boolean;
  /** The level of a heading that is marked with so many `#`. */
  levelOf(depth: number): number;
  /** Where a link may lead, and what is shown of that; undefined where it may not: then it is text. */
  linkOf(url: string): { url: string; host: string | undefined } | undefined;
}

const TEXT_MAX = 10_000;
/** What a parser takes for a text grows with the square of the marks in it, and with how deep they lie. */
const MARKS_MAX = 200;
const MARKS = /[*_[\]<>`&!\n+#\\~]|^[ \t]*(?:[-+]|\d+[.)])[ \t]/gm;
const DEEP = /^[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+){4}|^[ \t]{17}/m;
const DEPTH_MAX = 8;

/** What agents' texts may not have is not even looked for, and stays the text that it is. */
const LEFT_OUT = [
  ...["blockQuote", "codeIndented", "definition", "htmlFlow", "htmlText", "setextUnderline", "thematicBreak"],
];

const strangersRules = (): MarkdownRules => {
  // The page's own headings come before; whoever hears them misses none.
  let last = 2;
  return {
    tables: false,
    levelOf(depth) {
      last = Math.min(depth + 2, 5, last + 1);
      return last;
    },
    linkOf: webLinkOf,
  };
};

/** Of an address anywhere: absolute, http or https, with the host as the browser reads it. */
function webLinkOf(url: string): { url: string; host: string } | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, href, host } = new URL(url);
  return (protocol === "http:" || protocol === "https:") && host !== "" ? { url: href, host } : undefined;
}

/**
 * What a stranger wrote in markdown, as paragraphs, em, strong, code, lists, links to the web, and headings of levels 3 to 5. Nothing else
 * comes out, whatever goes in: images are links, HTML is text, what hides is visible, and a text that is long or has many marks is cut, or
 * one paragraph.
 *
 * @param parse `fromMarkdown`
 */
export function readMarkdown(text: string, parse: ParseMarkdown): Block[] {
  const read = text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
  const isPlain = DEEP.test(read) || (read.match(MARKS)?.length ?? 0) > MARKS_MAX;
  if (isPlain) return [{ kind: "paragraph", content: [{ kind: "text", text: visibleText(read) }] }];
  return allowedBlocks(parse(read, { extensions: [{ disable: { null: LEFT_OUT } }] }), strangersRules());
}

/** What is allowed of a tree; what is not becomes the text in it. */
export const allowedBlocks = (tree: MarkdownNode, rules: MarkdownRules): Block[] => blocksIn(tree, rules, 0);

function blocksIn({ children = [] }: MarkdownNode, rules: MarkdownRules, depth: number): Block[] {
  return children.flatMap((node) => toBlocks(node, rules, depth + 1));
}

function toBlocks(node: MarkdownNode, rules: MarkdownRules, depth: number): Block[] {
  if (depth > DEPTH_MAX) return paragraph([{ kind: "text", text: visibleText(textIn(node)) }]);
  switch (node.type) {
    case "heading":
      return [{ kind: "heading", level: rules.levelOf(node.depth ?? 1), content: inlinesIn(node, rules, depth) }];
    case "code":
      return [{ kind: "code", text: visibleText(node.value ?? "") }];
    case "list": {
      const items = (node.children ?? []).map((item) => blocksIn(item, rules, depth));
      return [{ kind: "list", start: node.ordered ? (node.start ?? 1) : undefined, items }];
    }
    case "table": {
      const rows = (node.children ?? []).map(({ children = [] }) =>
        children.map((cell) => inlinesIn(cell, rules, depth)),
      );
      return rules.tables ? [{ kind: "table", rows }] : paragraph([{ kind: "text", text: visibleText(textIn(node)) }]);
    }
    case "root":
    case "blockquote":
    case "listItem":
      return blocksIn(node, rules, depth);
    case "paragraph":
      return paragraph(inlinesIn(node, rules, depth));
    default:
      return paragraph(toInlines(node, rules, depth));
  }
}

const paragraph = (content: Inline[]): Block[] => (content.length === 0 ? [] : [{ kind: "paragraph", content }]);

function inlinesIn({ children = [] }: MarkdownNode, rules: MarkdownRules, depth: number): Inline[] {
  return children.flatMap((node) => toInlines(node, rules, depth + 1));
}

function toInlines(node: MarkdownNode, rules: MarkdownRules, depth: number): Inline[] {
  const asText = (text: string): Inline[] => (text === "" ? [] : [{ kind: "text", text: visibleText(text) }]);
  if (depth > 2 * DEPTH_MAX) return asText(textIn(node));
  switch (node.type) {
    case "emphasis":
      return [{ kind: "em", content: inlinesIn(node, rules, depth) }];
    case "strong":
      return [{ kind: "strong", content: inlinesIn(node, rules, depth) }];
    case "inlineCode":
      return [{ kind: "code", text: visibleText(node.value ?? "") }];
    case "break":
      return [{ kind: "text", text: "\n" }];
    case "image":
      return linked(node.url ?? "", asText(node.alt || "image"), rules);
    case "link":
      return linked(node.url ?? "", inlinesIn(node, rules, depth), rules);
    default:
      return node.children === undefined ? asText(node.value ?? node.alt ?? "") : inlinesIn(node, rules, depth);
  }
}

function linked(url: string, content: Inline[], rules: MarkdownRules): Inline[] {
  const link = rules.linkOf(url);
  // A link within one would end it.
  const within = content.flatMap((part) => (part.kind === "link" ? part.content : [part]));
  if (!link) return within;
  const said = within.map((part) => ("text" in part ? part.text : "")).join("");
  const isSaid = link.host !== undefined && (said === link.host || said === link.url || `${said}/` === link.url);
  return [{ kind: "link", url: link.url, host: isSaid ? undefined : link.host, content: within }];
}

const textIn = ({ value, alt, children = [] }: MarkdownNode): string => value ?? alt ?? children.map(textIn).join(" ");

/** What a reader hears of it. */
export const plainText = (content: readonly Inline[]): string =>
  content.map((part) => ("text" in part ? part.text : plainText(part.content))).join("");
