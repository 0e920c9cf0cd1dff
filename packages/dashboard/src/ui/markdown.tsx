import { type Block, type Inline, readMarkdown } from "@agentgate/protocol/format";
import { fromMarkdown } from "mdast-util-from-markdown";
import { createElement, Fragment, useMemo } from "react";

/** What a stranger wrote in markdown, as public pages show it: marked up by the allow-list, nothing of it is his markup. */
export function Markdown({ text }: { text: string }) {
  const blocks = useMemo(() => readMarkdown(text, fromMarkdown), [text]);
  return <div className="told max-w-prose [&>:first-child]:mt-0">{blocks.map(toBlock)}</div>;
}

function toBlock(block: Block, key: number) {
  switch (block.kind) {
    case "paragraph":
      return <p key={key}>{block.content.map(toInline)}</p>;
    case "heading":
      return createElement(`h${block.level}`, { key }, block.content.map(toInline));
    case "code":
      return (
        <pre key={key}>
          <code>{block.text}</code>
        </pre>
      );
    case "list":
      return createElement(
        block.start === undefined ? "ul" : "ol",
        { key, start: block.start },
        block.items.map(toItem),
      );
    case "table":
      // Strangers have none.
      return null;
  }
}

function toItem([first, ...rest]: readonly Block[], key: number) {
  return (
    <li key={key}>
      {first?.kind === "paragraph" ? first.content.map(toInline) : first && toBlock(first, -1)}
      {rest.map(toBlock)}
    </li>
  );
}

function toInline(part: Inline, key: number) {
  switch (part.kind) {
    case "text":
      return part.text;
    case "code":
      return <code key={key}>{part.text}</code>;
    case "em":
      return <em key={key}>{part.content.map(toInline)}</em>;
    case "strong":
      return <strong key={key}>{part.content.map(toInline)}</strong>;
    case "link":
      return (
        <Fragment key={key}>
          <a href={part.url} rel="nofollow ugc noopener">
            {part.content.map(toInline)}
          </a>
          {part.host !== undefined && ` (${part.host})`}
        </Fragment>
      );
  }
}
