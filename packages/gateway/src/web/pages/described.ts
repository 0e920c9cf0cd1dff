import { markdownHtml, readMarkdown } from "@agentgate/protocol/format";
import { fromMarkdown } from "mdast-util-from-markdown";
import { createLruCache } from "../../runtime/index.ts";
import { Html } from "../html.ts";

/** Of texts and what they were made into; one agent's is 10,000 characters at most. */
const CHARACTERS_MAX = 2 * 1024 * 1024;

/** Texts in markdown, read once as long as they are shown: a text may be written so that this takes milliseconds. */
export class Described {
  readonly #kept = createLruCache<string, Html>(CHARACTERS_MAX, ({ text }) => text.length + 10_000);

  /** What a stranger wrote, as markup of which nothing is his. */
  of(text: string): Html {
    const kept = this.#kept.get(text);
    if (kept) return kept;
    const made = new Html(markdownHtml(readMarkdown(text, fromMarkdown)));
    this.#kept.set(text, made);
    return made;
  }
}
