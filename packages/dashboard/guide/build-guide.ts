// The documents of this repository as markup, for the gateway to serve as its guide.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmTableFromMarkdown } from "mdast-util-gfm-table";
import { gfmTable } from "micromark-extension-gfm-table";
import {
  allowedBlocks,
  type Block,
  type MarkdownNode,
  type MarkdownRules,
  markdownHtml,
  plainText,
} from "../../protocol/src/format/index.ts";
import { contents, type Entry } from "./contents.ts";

export interface GuidePage {
  title: string;
  /** The first words of it. */
  summary: string;
  html: string;
  /** Sections, and the words in each: for the list beside the page, and for looking something up. */
  sections: { id: string; level: number; title: string; text: string }[];
}

export interface Guide {
  groups: { title: string; slugs: string[] }[];
  pages: Record<string, GuidePage>;
}

/** What a document leads to that is not there, or nowhere in the guide. */
export interface LostLink {
  file: string;
  url: string;
}

const root = fileURLToPath(new URL("../../../", import.meta.url));
const SUMMARY_MAX = 160;

/** All documents of a folder: of decisions there are many, and of the reference one for each group of operations. */
const folder = (name: string): Entry[] =>
  readdirSync(join(root, "docs", name))
    .filter((file) => file.endsWith(".md"))
    .sort()
    .map((file) => ({ slug: `${name}/${file.slice(0, -3)}`, file: `docs/${name}/${file}` }));

/** Writes all documents anew. */
export function buildGuide(): { guide: Guide; lost: LostLink[] } {
  const groups = [
    ...contents,
    { title: "HTTP reference", entries: folder("api") },
    { title: "Why it is as it is", entries: folder("decisions") },
  ];
  const entries = groups.flatMap((group) => group.entries);
  const slugs = new Map(entries.map(({ file, slug }) => [file, slug]));
  const lost: LostLink[] = [];
  const pages = Object.fromEntries(entries.map((entry) => [entry.slug, pageOf(entry, slugs, lost)]));
  const anchors = new Map(
    Object.entries(pages).map(([slug, { sections }]) => [slug, new Set(sections.map(({ id }) => id))]),
  );
  for (const { file, slug } of entries) {
    for (const [, target, hash] of pages[slug]!.html.matchAll(/href="\/guide\/([^"#]+)#([^"]+)"/g))
      if (!anchors.get(target!)?.has(hash!)) lost.push({ file, url: `${target}#${hash}` });
  }
  return {
    guide: { groups: groups.map(({ title, entries: all }) => ({ title, slugs: all.map(({ slug }) => slug) })), pages },
    lost,
  };
}

function pageOf({ file, slug }: Entry, slugs: ReadonlyMap<string, string>, lost: LostLink[]): GuidePage {
  const tree = fromMarkdown(readFileSync(join(root, file), "utf8"), {
    extensions: [gfmTable()],
    mdastExtensions: [gfmTableFromMarkdown()],
  }) as MarkdownNode;
  // What is told to those who write the document.
  tree.children = (tree.children ?? []).filter(({ type, value = "" }) => type !== "html" || !value.startsWith("<!--"));
  const blocks = allowedBlocks(tree, rulesFor({ file, slug }, slugs, lost));
  const [first] = blocks;
  const title = first?.kind === "heading" && first.level === 1 ? plainText(first.content) : slug;
  const rest = first?.kind === "heading" && first.level === 1 ? blocks.slice(1) : blocks;
  const paragraph = rest.find((block) => block.kind === "paragraph");
  const summary = paragraph?.kind === "paragraph" ? plainText(paragraph.content).replace(/\s+/g, " ") : "";
  const sections = sectionsOf(title, rest);
  const ids = sections.slice(1).map(({ id }) => id);
  let [heading, code] = [0, 0];
  const html = markdownHtml(rest, {
    heading: (level, content) => `<h${level} id="${ids[heading++]}">${content}</h${level}>`,
    code(text) {
      const id = `code-${++code}`;
      const written = markdownHtml([{ kind: "code", text }]).replace(
        "<pre><code>",
        `<pre tabindex="0"><code id="${id}">`,
      );
      return `<div class="code">${written}<button type="button" class="button" data-copy="${id}" data-copied="Copied">Copy</button></div>`;
    },
  });
  // What is wider than the page is scrolled, by keys too.
  const scrolled = html
    .replaceAll("<table>", '<div class="wide" role="group" aria-label="Table" tabindex="0"><table>')
    .replaceAll("</table>", "</table></div>");
  return {
    title,
    summary: summary.length > SUMMARY_MAX ? `${summary.slice(0, summary.lastIndexOf(" ", SUMMARY_MAX))}…` : summary,
    html: scrolled,
    sections,
  };
}

function rulesFor({ file, slug }: Entry, slugs: ReadonlyMap<string, string>, lost: LostLink[]): MarkdownRules {
  return {
    tables: true,
    levelOf: (depth) => depth,
    linkOf(url) {
      if (/^https?:/.test(url)) return { url, host: undefined };
      const [path = "", hash] = url.split("#");
      const target = path === "" ? slug : slugs.get(normalize(join(dirname(file), path)));
      // What is no document of the guide is a file of the checkout.
      if (target === undefined) {
        if (!exists(normalize(join(dirname(file), path)))) lost.push({ file, url });
        return undefined;
      }
      return { url: `/guide/${target}${hash === undefined ? "" : `#${hash}`}`, host: undefined };
    },
  };
}

function exists(file: string): boolean {
  try {
    readFileSync(join(root, file));
    return true;
  } catch {
    return false;
  }
}

/** The page itself, then one for each heading, with ids as GitHub makes them. */
function sectionsOf(title: string, blocks: readonly Block[]): GuidePage["sections"] {
  const known = new Map<string, number>();
  const idOf = (heading: string) => {
    const plain = heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-");
    const before = known.get(plain) ?? 0;
    known.set(plain, before + 1);
    return before === 0 ? plain : `${plain}-${before}`;
  };
  const sections = [{ id: idOf(title), level: 1, title, text: "" }];
  for (const block of blocks) {
    if (block.kind === "heading") {
      const heading = plainText(block.content);
      sections.push({ id: idOf(heading), level: block.level, title: heading, text: "" });
    } else sections.at(-1)!.text += `${textOf(block)}\n`;
  }
  return sections;
}

function textOf(block: Block): string {
  switch (block.kind) {
    case "code":
      return block.text;
    case "list":
      return block.items.map((item) => item.map(textOf).join(" ")).join("\n");
    case "table":
      return block.rows.map((cells) => cells.map(plainText).join(" ")).join("\n");
    default:
      return plainText(block.content);
  }
}
